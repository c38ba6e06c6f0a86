using FleetPlatform.Pki;

namespace FleetPlatform.TemplateEngine.JustInTime;

/// <summary>What just-in-time provisioning takes from a subject (aws-protocol 2.6), by the names of <see cref="Language.PseudoParameters.SubjectParts"/>.</summary>
static class SubjectParameters
{
    // SerialNumber is the subject's attribute, not the certificate's serial number.
    static readonly (string Name, string Oid)[] Attributes =
    [
        ("Country", Oids.Country), ("Organization", Oids.Organization), ("OrganizationalUnit", Oids.OrganizationalUnit),
        ("DistinguishedNameQualifier", Oids.DistinguishedNameQualifier), ("StateName", Oids.State), ("CommonName", Oids.CommonName),
        ("SerialNumber", Oids.SubjectSerialNumber),
    ];

    public static Dictionary<string, string> Of(SubjectName subject)
    {
        var parameters = new Dictionary<string, string>(StringComparer.Ordinal);
        foreach (var (name, oid) in Attributes)
            if (subject.Find(oid) is { } value) parameters[name] = value;
        return parameters;
    }
}
