namespace FleetPlatform.Pki;

/// <summary>A server has names, in the preferred syntax; a device has none.</summary>
sealed class AlternativeNamesByProfile : ILint
{
    public string Citation => "RFC 5280 §4.2.1.6";

    public string? Check(LintSubject subject) =>
        (subject.Certificate.DnsNames.Count + subject.Certificate.IpAddresses.Count > 0) == subject.Profile.HasAlternativeNames
            && subject.Certificate.DnsNames.All(name => Uri.CheckHostName(name) == UriHostNameType.Dns)
            ? null
            : "Alternative names are missing, not allowed by the profile, or not host names.";
}
