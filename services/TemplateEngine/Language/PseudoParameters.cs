namespace FleetPlatform.TemplateEngine.Language;

/// <summary>
/// What the platform itself knows of the certificate a template is rendered for: values of the names that begin with <c>AWS::</c>. They
/// never come from a device's parameters. A subject's values come from whoever signed the certificate, so a policy takes them with the
/// same care as a parameter.
/// </summary>
sealed class PseudoParameters
{
    /// <summary>Names that only the platform gives values to begin so.</summary>
    public const string Prefix = "AWS::";

    /// <summary>Id of the certificate that is provisioned.</summary>
    public const string CertificateId = "AWS::IoT::Certificate::Id";

    const string CertificatePrefix = "AWS::IoT::Certificate::";

    readonly Dictionary<string, string> _values;

    PseudoParameters(Dictionary<string, string> values) => _values = values;

    /// <summary>For bulk registration, which has none.</summary>
    public static PseudoParameters None { get; } = new([]);

    /// <summary>Parts of a subject that JITP knows, as the language names them: without the prefix, and <c>StateName</c> where policies say <c>State</c>.</summary>
    public static IReadOnlyList<string> SubjectParts { get; } =
        ["Country", "Organization", "OrganizationalUnit", "DistinguishedNameQualifier", "StateName", "CommonName", "SerialNumber"];

    /// <summary>For claim provisioning.</summary>
    /// <param name="certificateId">The certificate that the ownership token proves.</param>
    public static PseudoParameters OfClaim(string certificateId) => new(new(StringComparer.Ordinal) { [CertificateId] = certificateId });

    /// <summary>For just-in-time provisioning.</summary>
    /// <param name="certificateId">Id of the certificate presented.</param>
    /// <param name="subject">First value of each part of its subject that it has, by the names in <see cref="SubjectParts"/>.</param>
    /// <exception cref="ArgumentException">A name that no part has.</exception>
    public static PseudoParameters OfCertificate(string certificateId, IReadOnlyDictionary<string, string> subject)
    {
        var values = new Dictionary<string, string>(StringComparer.Ordinal) { [CertificateId] = certificateId };
        foreach (var (part, value) in subject)
            values[SubjectParts.Contains(part) ? CertificatePrefix + part : throw new ArgumentException($"{part} is no part of a subject.", nameof(subject))] = value;
        return new(values);
    }

    /// <summary>True when templates of this kind can have a value for the name.</summary>
    public static bool Exists(string name, TemplateKind kind) => kind switch
    {
        TemplateKind.Fleet => name == CertificateId,
        TemplateKind.JustInTime => name == CertificateId
            || (name.StartsWith(CertificatePrefix, StringComparison.Ordinal) && SubjectParts.Contains(name[CertificatePrefix.Length..])),
        _ => false,
    };

    public static bool IsOne(string name) => name.StartsWith(Prefix, StringComparison.Ordinal);

    /// <summary>Null when the certificate does not have it.</summary>
    public string? Find(string name) => _values.GetValueOrDefault(name);
}
