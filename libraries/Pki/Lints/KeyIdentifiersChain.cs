namespace FleetPlatform.Pki;

/// <summary>Chains are found by key identifier where names are alike.</summary>
sealed class KeyIdentifiersChain : ILint
{
    public string Citation => "RFC 5280 §4.2.1.1, §4.2.1.2";

    public string? Check(LintSubject subject) =>
        subject switch
        {
            _ when subject.Certificate == subject.Issuer => subject.Certificate.SubjectKeyIdentifier is null ? "A root has no key identifier." : null,
            { Certificate.AuthorityKeyIdentifier: null } or { Issuer.SubjectKeyIdentifier: null } => "A key identifier is missing.",
            _ when !subject.Certificate.AuthorityKeyIdentifier!.Value.Span.SequenceEqual(subject.Issuer.SubjectKeyIdentifier!.Value.Span) =>
                "The authority key identifier is not that of the issuer.",
            { Profile.IsAuthority: true, Certificate.SubjectKeyIdentifier: null } => "An authority has no subject key identifier.",
            _ => null,
        };
}
