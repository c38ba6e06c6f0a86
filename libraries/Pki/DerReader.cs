using System.Formats.Asn1;
using System.Text;

namespace FleetPlatform.Pki;

/// <summary>Reads DER off the front of a span: every step consumes exactly one element and nothing recurses.</summary>
static class DerReader
{
    static readonly UTF8Encoding StrictUtf8 = new(encoderShouldEmitUTF8Identifier: false, throwOnInvalidBytes: true);

    // Decoding an object identifier allocates; nearly every one read is one of these.
    static readonly (byte[] Der, string Oid)[] Common = [.. Encode(
        Oids.EcPublicKey, Oids.P256, Oids.EcdsaSha256, Oids.CommonName, Oids.Organization, Oids.OrganizationalUnit, Oids.Country,
        Oids.SubjectSerialNumber, Oids.KeyUsage, Oids.ExtendedKeyUsage, Oids.BasicConstraints, Oids.AuthorityKeyIdentifier,
        Oids.SubjectKeyIdentifier, Oids.SubjectAlternativeName, Oids.ClientAuthentication, Oids.ServerAuthentication, Oids.Rsa, Oids.RsaSha256)];

    static IEnumerable<(byte[], string)> Encode(params string[] oids)
    {
        foreach (var oid in oids)
        {
            var writer = new AsnWriter(AsnEncodingRules.DER);
            writer.WriteObjectIdentifier(oid);
            yield return (writer.Encode(), oid);
        }
    }

    /// <summary>Contents of the next element, which must carry this tag.</summary>
    public static ReadOnlySpan<byte> Read(scoped ref ReadOnlySpan<byte> rest, Asn1Tag expected)
    {
        var tag = AsnDecoder.ReadEncodedValue(rest, AsnEncodingRules.DER, out var offset, out var length, out var consumed);
        if (!tag.HasSameClassAndValue(expected) || tag.IsConstructed != expected.IsConstructed)
            throw new AsnContentException("An element has another tag than the standard asks for.");
        var content = rest.Slice(offset, length);
        rest = rest[consumed..];
        return content;
    }

    /// <summary>Contents of the only element of <paramref name="der"/>.</summary>
    public static ReadOnlySpan<byte> ReadWhole(ReadOnlySpan<byte> der, Asn1Tag expected)
    {
        var content = Read(ref der, expected);
        End(der);
        return content;
    }

    /// <summary>The next element with its header.</summary>
    public static ReadOnlySpan<byte> ReadEncoded(scoped ref ReadOnlySpan<byte> rest, Asn1Tag expected)
    {
        var before = rest;
        Read(ref rest, expected);
        return before[..(before.Length - rest.Length)];
    }

    public static bool NextIs(ReadOnlySpan<byte> rest, Asn1Tag tag) =>
        !rest.IsEmpty && Asn1Tag.Decode(rest, out _) is var next && next.HasSameClassAndValue(tag) && next.IsConstructed == tag.IsConstructed;

    public static string ReadOid(scoped ref ReadOnlySpan<byte> rest)
    {
        foreach (var (der, known) in Common)
        {
            if (!rest.StartsWith(der)) continue;
            rest = rest[der.Length..];
            return known;
        }

        var oid = AsnDecoder.ReadObjectIdentifier(rest, AsnEncodingRules.DER, out var consumed);
        rest = rest[consumed..];
        return oid;
    }

    public static ReadOnlySpan<byte> ReadInteger(scoped ref ReadOnlySpan<byte> rest)
    {
        var value = AsnDecoder.ReadIntegerBytes(rest, AsnEncodingRules.DER, out var consumed);
        rest = rest[consumed..];
        return value;
    }

    /// <summary>A bit string of whole octets.</summary>
    public static ReadOnlySpan<byte> ReadBits(scoped ref ReadOnlySpan<byte> rest)
    {
        if (!AsnDecoder.TryReadPrimitiveBitString(rest, AsnEncodingRules.DER, out var unused, out var value, out var consumed) || unused != 0)
            throw new AsnContentException("A bit string is not of whole octets.");
        rest = rest[consumed..];
        return value;
    }

    public static DateTimeOffset ReadTime(scoped ref ReadOnlySpan<byte> rest)
    {
        var time = NextIs(rest, Asn1Tag.UtcTime)
            ? AsnDecoder.ReadUtcTime(rest, AsnEncodingRules.DER, out var consumed, twoDigitYearMax: 2049)
            : AsnDecoder.ReadGeneralizedTime(rest, AsnEncodingRules.DER, out consumed);
        rest = rest[consumed..];
        return time;
    }

    /// <summary>A character string. PrintableString is read as ASCII: embedded encoders put '_' and '@' into it, and it is written anew.</summary>
    public static string ReadText(scoped ref ReadOnlySpan<byte> rest)
    {
        var tag = AsnDecoder.ReadEncodedValue(rest, AsnEncodingRules.DER, out var offset, out var length, out var consumed);
        var content = rest.Slice(offset, length);
        rest = rest[consumed..];
        if (tag.TagClass != TagClass.Universal || tag.IsConstructed) throw new AsnContentException("An attribute is not a string.");
        try
        {
            return (UniversalTagNumber)tag.TagValue switch
            {
                UniversalTagNumber.UTF8String => StrictUtf8.GetString(content),
                UniversalTagNumber.PrintableString or UniversalTagNumber.IA5String or UniversalTagNumber.NumericString
                    or UniversalTagNumber.VisibleString when Ascii.IsValid(content) => Encoding.ASCII.GetString(content),
                UniversalTagNumber.TeletexString => Encoding.Latin1.GetString(content),
                UniversalTagNumber.BMPString when content.Length % 2 == 0 => Encoding.BigEndianUnicode.GetString(content),
                _ => throw new AsnContentException("An attribute is a string of another type than RFC 5280 allows."),
            };
        }
        catch (DecoderFallbackException wrong)
        {
            throw new AsnContentException("An attribute is not UTF-8.", wrong);
        }
    }

    public static void End(ReadOnlySpan<byte> rest)
    {
        if (!rest.IsEmpty) throw new AsnContentException("Bytes follow where nothing may follow.");
    }
}
