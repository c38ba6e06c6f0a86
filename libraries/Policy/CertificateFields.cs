using System.Formats.Asn1;
using System.Net;
using System.Numerics;
using System.Text;

namespace FleetPlatform.Policy;

/// <summary>The fields of a certificate that policies can name (aws-protocol 8.4), each with at most five values.</summary>
sealed class CertificateFields
{
    const int MaximumValues = 5;

    public static readonly string[] NameAttributes =
    [
        "DistinguishedNameQualifier", "Country", "Organization", "OrganizationalUnit", "State", "CommonName", "SerialNumber", "Title",
        "Surname", "GivenName", "Initials", "Pseudonym", "GenerationQualifier",
    ];

    static readonly string[] NameOids =
    [
        "2.5.4.46", "2.5.4.6", "2.5.4.10", "2.5.4.11", "2.5.4.8", "2.5.4.3", "2.5.4.5", "2.5.4.12", "2.5.4.4", "2.5.4.42", "2.5.4.43",
        "2.5.4.65", "2.5.4.44",
    ];

    readonly Dictionary<string, string[]> _values = new(StringComparer.OrdinalIgnoreCase);

    /// <summary>The values of a field, for example <c>Subject.Country</c>; empty when it has none.</summary>
    public string[] this[string field] => _values.GetValueOrDefault(field, []);

    /// <summary>Reads a certificate. One that does not parse has no fields: policies that ask for them then do not match.</summary>
    public static CertificateFields Read(ReadOnlyMemory<byte> der)
    {
        var found = new Dictionary<string, List<string>>(StringComparer.OrdinalIgnoreCase);
        var fields = new CertificateFields();
        if (der.IsEmpty) return fields;
        try
        {
            ReadCertificate(der, found);
        }
        catch (AsnContentException)
        {
            found.Clear();
        }

        foreach (var (name, values) in found) fields._values[name] = [.. values.Take(MaximumValues)];
        fields._values["AvailableKeys"] = [.. found.Keys.Select(name => "iot:Certificate." + name)];
        return fields;
    }

    static void ReadCertificate(ReadOnlyMemory<byte> der, Dictionary<string, List<string>> found)
    {
        var tbs = new AsnReader(der, AsnEncodingRules.DER).ReadSequence().ReadSequence(); // RFC 5280 §4.1
        var version = new Asn1Tag(TagClass.ContextSpecific, 0, isConstructed: true);
        if (tbs.PeekTag() == version) tbs.ReadEncodedValue();
        Add(found, "SerialNumber", tbs.ReadInteger().ToString("x", null).TrimStart('0'));
        tbs.ReadEncodedValue(); // signature
        ReadName(tbs.ReadSequence(), "Issuer.", found);
        tbs.ReadEncodedValue(); // validity
        ReadName(tbs.ReadSequence(), "Subject.", found);
        tbs.ReadEncodedValue(); // subjectPublicKeyInfo

        var extensionsTag = new Asn1Tag(TagClass.ContextSpecific, 3, isConstructed: true);
        while (tbs.HasData)
        {
            if (tbs.PeekTag() != extensionsTag)
            {
                tbs.ReadEncodedValue();
                continue;
            }

            var extensions = tbs.ReadSequence(extensionsTag).ReadSequence();
            while (extensions.HasData) ReadExtension(extensions.ReadSequence(), found);
        }
    }

    static void ReadExtension(AsnReader extension, Dictionary<string, List<string>> found)
    {
        var prefix = extension.ReadObjectIdentifier() switch
        {
            "2.5.29.17" => "Subject.AlternativeName.",
            "2.5.29.18" => "Issuer.AlternativeName.",
            _ => null,
        };
        if (prefix is null) return;
        if (extension.PeekTag().HasSameClassAndValue(Asn1Tag.Boolean)) extension.ReadBoolean();
        var names = new AsnReader(extension.ReadOctetString(), AsnEncodingRules.DER).ReadSequence();
        while (names.HasData)
        {
            var tag = names.PeekTag();
            switch (tag.TagValue)
            {
                case 1: Add(found, prefix + "RFC822Name", names.ReadCharacterString(UniversalTagNumber.IA5String, tag)); break;
                case 2: Add(found, prefix + "DNSName", names.ReadCharacterString(UniversalTagNumber.IA5String, tag)); break;
                case 4: Add(found, prefix + "DirectoryName", Describe(names.ReadSequence(tag).ReadSequence())); break;
                case 6: Add(found, prefix + "UniformResourceIdentifier", names.ReadCharacterString(UniversalTagNumber.IA5String, tag)); break;
                case 7 when names.ReadOctetString(tag) is { Length: 4 or 16 } address:
                    Add(found, prefix + "IPAddress", new IPAddress(address).ToString());
                    break;
                case 7: break;
                default: names.ReadEncodedValue(); break;
            }
        }
    }

    static void ReadName(AsnReader name, string prefix, Dictionary<string, List<string>> found)
    {
        foreach (var (oid, value) in Attributes(name))
        {
            var index = Array.IndexOf(NameOids, oid);
            if (index >= 0) Add(found, prefix + NameAttributes[index], value);
        }
    }

    static string Describe(AsnReader name)
    {
        var text = new StringBuilder();
        foreach (var (oid, value) in Attributes(name))
        {
            var index = Array.IndexOf(NameOids, oid);
            text.Append(text.Length > 0 ? "," : "").Append(index >= 0 ? NameAttributes[index] : oid).Append('=').Append(value);
        }

        return text.ToString();
    }

    static List<(string Oid, string Value)> Attributes(AsnReader name)
    {
        var attributes = new List<(string, string)>();
        while (name.HasData)
        {
            var set = name.ReadSetOf();
            while (set.HasData)
            {
                var attribute = set.ReadSequence();
                var oid = attribute.ReadObjectIdentifier();
                var tag = attribute.PeekTag();
                if (tag.TagClass == TagClass.Universal && IsText((UniversalTagNumber)tag.TagValue))
                    attributes.Add((oid, attribute.ReadCharacterString((UniversalTagNumber)tag.TagValue)));
            }
        }

        return attributes;
    }

    static bool IsText(UniversalTagNumber tag) => tag is UniversalTagNumber.UTF8String or UniversalTagNumber.PrintableString
        or UniversalTagNumber.IA5String or UniversalTagNumber.T61String or UniversalTagNumber.BMPString or UniversalTagNumber.NumericString;

    static void Add(Dictionary<string, List<string>> found, string name, string value)
    {
        if (!found.TryGetValue(name, out var values)) found[name] = values = [];
        values.Add(value);
    }
}
