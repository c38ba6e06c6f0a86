using System.Buffers;
using System.Formats.Asn1;
using System.Globalization;
using System.Text;

namespace FleetPlatform.Pki;

/// <summary>One attribute of a distinguished name.</summary>
/// <param name="Oid">Attribute type, dotted.</param>
/// <param name="Value">Its text.</param>
/// <param name="JoinsPrevious">True: in the same relative name as the attribute before it (a multi-valued RDN).</param>
public sealed record SubjectAttribute(string Oid, string Value, bool JoinsPrevious = false);

/// <summary>A distinguished name (RFC 5280 §4.1.2.4), in the order of its encoding.</summary>
public sealed class SubjectName
{
    const int MaximumAttributes = 16;

    // X.680 §41.4
    static readonly SearchValues<char> Printable =
        SearchValues.Create("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789 '()+,-./:=?");

    static readonly Dictionary<string, (string Short, int MaximumCharacters)> Known = new(StringComparer.Ordinal)
    {
        [Oids.CommonName] = ("CN", 64), [Oids.Surname] = ("SN", 64), [Oids.SubjectSerialNumber] = ("SERIALNUMBER", 64),
        [Oids.Country] = ("C", 2), [Oids.Locality] = ("L", 128), [Oids.State] = ("ST", 128), [Oids.Organization] = ("O", 64),
        [Oids.OrganizationalUnit] = ("OU", 64), [Oids.Title] = ("T", 64), [Oids.GivenName] = ("GN", 64),
        [Oids.Initials] = ("INITIALS", 64), [Oids.GenerationQualifier] = ("GENERATION", 64), [Oids.DistinguishedNameQualifier] = ("DNQ", 64),
        [Oids.Pseudonym] = ("PSEUDONYM", 128), [Oids.Email] = ("E", 255), [Oids.DomainComponent] = ("DC", 63),
    };

    SubjectName(IReadOnlyList<SubjectAttribute> attributes) => Attributes = attributes;

    /// <summary>The name with no attributes.</summary>
    public static SubjectName Empty { get; } = new([]);

    /// <summary>All attributes, in the order of the encoding.</summary>
    public IReadOnlyList<SubjectAttribute> Attributes { get; }

    /// <summary>True when there is no attribute.</summary>
    public bool IsEmpty => Attributes.Count == 0;

    /// <summary>The first common name, or null.</summary>
    public string? CommonName => Find(Oids.CommonName);

    /// <summary>A name of these attributes.</summary>
    public static SubjectName Of(params IReadOnlyList<SubjectAttribute> attributes) => new(attributes);

    /// <summary>A name of one common name.</summary>
    public static SubjectName OfCommonName(string commonName) => new([new(Oids.CommonName, commonName)]);

    /// <summary>The first value of an attribute type, or null.</summary>
    /// <param name="oid">Attribute type, dotted; see <see cref="Oids"/>.</param>
    public string? Find(string oid)
    {
        foreach (var attribute in Attributes)
            if (attribute.Oid == oid) return attribute.Value;
        return null;
    }

    /// <summary>The first thing wrong with this name as the subject of a certificate we sign, or null.</summary>
    /// <remarks>
    /// Upper bounds of RFC 5280 appendix A.1; 16 attributes; no empty value; no control or format characters, which would smuggle
    /// line breaks, terminal commands or reversed text into whatever shows the name.
    /// </remarks>
    public string? FindFault()
    {
        if (Attributes.Count > MaximumAttributes) return $"The subject has more than {MaximumAttributes} attributes.";
        foreach (var (oid, value, _) in Attributes)
        {
            var (name, maximum) = Known.GetValueOrDefault(oid, (oid, 64));
            if (value.Length == 0) return $"Subject attribute {name} is empty.";
            if (value.Length > maximum) return $"Subject attribute {name} is longer than {maximum} characters.";
            foreach (var rune in value.EnumerateRunes())
            {
                if (rune == Rune.ReplacementChar || IsForbidden(Rune.GetUnicodeCategory(rune)))
                    return $"Subject attribute {name} holds a control, format or undefined character.";
                if (oid == Oids.Country && !(rune.IsAscii && Rune.IsLetter(rune))) return "Subject attribute C is not two letters.";
            }
        }

        return null;
    }

    static bool IsForbidden(UnicodeCategory category) => category is UnicodeCategory.Control or UnicodeCategory.Format
        or UnicodeCategory.LineSeparator or UnicodeCategory.ParagraphSeparator or UnicodeCategory.Surrogate
        or UnicodeCategory.PrivateUse or UnicodeCategory.OtherNotAssigned;

    /// <summary>Writes the name in DER: PrintableString where the standard asks for it, IA5String for mail and DNS, else UTF8String.</summary>
    public void Write(AsnWriter writer)
    {
        using (writer.PushSequence())
        {
            for (var next = 0; next < Attributes.Count;)
            {
                using (writer.PushSetOf())
                {
                    do WriteAttribute(writer, Attributes[next++]);
                    while (next < Attributes.Count && Attributes[next].JoinsPrevious);
                }
            }
        }
    }

    static void WriteAttribute(AsnWriter writer, SubjectAttribute attribute)
    {
        using (writer.PushSequence())
        {
            writer.WriteObjectIdentifier(attribute.Oid);
            writer.WriteCharacterString(StringTypeOf(attribute), attribute.Value);
        }
    }

    static UniversalTagNumber StringTypeOf(SubjectAttribute attribute) => attribute.Oid switch
    {
        Oids.Country => UniversalTagNumber.PrintableString,
        Oids.SubjectSerialNumber or Oids.DistinguishedNameQualifier when IsPrintable(attribute.Value) => UniversalTagNumber.PrintableString,
        Oids.Email or Oids.DomainComponent when Ascii.IsValid(attribute.Value) => UniversalTagNumber.IA5String,
        _ => UniversalTagNumber.UTF8String,
    };

    static bool IsPrintable(string value) => !value.AsSpan().ContainsAnyExcept(Printable);

    /// <summary>Reads a name in DER.</summary>
    /// <param name="der">A Name, nothing after it.</param>
    /// <exception cref="AsnContentException">Not DER, a string of unknown type, or bytes that are not text of their type.</exception>
    public static SubjectName Read(ReadOnlySpan<byte> der)
    {
        var rest = DerReader.ReadWhole(der, Asn1Tag.Sequence);
        var attributes = new List<SubjectAttribute>(1);
        while (!rest.IsEmpty)
        {
            var set = DerReader.Read(ref rest, Asn1Tag.SetOf);
            if (set.IsEmpty) throw new AsnContentException("A relative name is empty.");
            for (var first = true; !set.IsEmpty; first = false)
            {
                if (attributes.Count == MaximumAttributes) throw new AsnContentException("A name has too many attributes.");
                var pair = DerReader.Read(ref set, Asn1Tag.Sequence);
                var oid = DerReader.ReadOid(ref pair);
                attributes.Add(new(oid, DerReader.ReadText(ref pair), JoinsPrevious: !first));
                DerReader.End(pair);
            }
        }

        return attributes.Count == 0 ? Empty : new(attributes);
    }

    /// <summary>RFC 4514 text: last relative name first, special characters escaped.</summary>
    public override string ToString()
    {
        var text = new StringBuilder();
        for (var i = Attributes.Count - 1; i >= 0; i--)
        {
            var (oid, value, joins) = Attributes[i];
            text.Append(Known.TryGetValue(oid, out var known) ? known.Short : oid).Append('=');
            for (var at = 0; at < value.Length; at++)
            {
                var c = value[at];
                if (c is ',' or '+' or '"' or '\\' or '<' or '>' or ';' || (at == 0 && c is '#' or ' ')) text.Append('\\');
                text.Append(c);
            }

            if (i > 0) text.Append(joins ? '+' : ',');
        }

        return text.ToString();
    }
}
