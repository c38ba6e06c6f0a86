namespace FleetPlatform.Pki;

/// <summary>A path is valid only while all of it is, so no certificate outlives its issuer.</summary>
sealed class ValidityWithinIssuer : ILint
{
    public string Citation => "RFC 5280 §6.1.3 (a)(2)";

    public string? Check(LintSubject subject) =>
        subject.Certificate.NotBefore >= subject.Issuer.NotBefore && subject.Certificate.NotAfter <= subject.Issuer.NotAfter
            ? null
            : "The validity reaches beyond that of the issuer.";
}
