namespace FleetPlatform.Pki;

/// <summary>Nothing is in a certificate that no profile puts there.</summary>
sealed class ExtensionsByProfile : ILint
{
    public string Citation => "RFC 5280 §4.2";

    public string? Check(LintSubject subject) =>
        subject.Certificate.Extensions.Keys.FirstOrDefault(oid => !Allowed.Contains(oid)) is { } unknown
            ? $"Extension {unknown} is in no profile."
            : null;

    static readonly HashSet<string> Allowed =
    [
        Oids.BasicConstraints, Oids.KeyUsage, Oids.ExtendedKeyUsage, Oids.AuthorityKeyIdentifier, Oids.SubjectKeyIdentifier, Oids.SubjectAlternativeName,
        Oids.RevocationListDistributionPoints, Oids.AuthorityInformationAccess, Oids.OcspNoCheck,
        Oids.NameConstraints,
    ];
}
