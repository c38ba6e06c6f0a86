namespace FleetPlatform.Pki;

/// <summary>Chains are built by name: it must be the same one.</summary>
sealed class IssuerNameIsTheIssuers : ILint
{
    public string Citation => "RFC 5280 §4.1.2.4";

    public string? Check(LintSubject subject) =>
        subject.Certificate.Issuer.Attributes.SequenceEqual(subject.Issuer.Subject.Attributes)
            ? null
            : "The issuer is not the subject of the issuing certificate.";
}
