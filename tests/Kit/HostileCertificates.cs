using System.Formats.Asn1;
using System.Security.Cryptography;

namespace FleetPlatform;

/// <summary>
/// Certificates that broke somebody's parser, or are of the kind that does: rightly signed with a key of their own, so that they come through TLS, and hostile inside. Peers 3.2 case 6.
/// </summary>
static class HostileCertificates
{
    const string AlternativeName = "2.5.29.17";
    const string PrincipalName = "1.3.6.1.4.1.311.20.2.3";

    static readonly Dictionary<string, Func<byte[]>> Kinds = new()
    {
        // CVE-2026-57108: the framework took whatever stands there for a string.
        ["a principal name that is a boolean"] = () => OtherName(PrincipalName, writer => writer.WriteBoolean(true)),
        ["a principal name that is an integer"] = () => OtherName(PrincipalName, writer => writer.WriteInteger(1L << 62)),
        ["a principal name that is null"] = () => OtherName(PrincipalName, writer => writer.WriteNull()),
        ["a principal name that is a sequence"] = () => OtherName(PrincipalName, writer => Nest(writer, 3)),
        ["a principal name of invalid text"] = () => OtherName(PrincipalName, writer => writer.WriteEncodedValue([0x0C, 3, 0xED, 0xA0, 0x80])),

        ["alternative names that are none"] = () => Extension(AlternativeName, [0x05, 0x00]),
        ["alternative names that end early"] = () => Extension(AlternativeName, [0x30, 0x82, 0x40, 0x00, 0x82, 0x01]),
        ["no alternative name"] = () => Extension(AlternativeName, [0x30, 0x00]),
        ["a host name with a null"] = () => AlternativeNames([0x82, 5, 0x61, 0x00, 0x62, 0x2E, 0x63]),
        ["an address of five octets"] = () => AlternativeNames([0x87, 5, 1, 2, 3, 4, 5]),
        ["names of kinds that nobody uses"] = () => AlternativeNames([0xA3, 2, 0x30, 0, 0xA5, 4, 0xA1, 2, 0x13, 0, 0x88, 1, 0x80]),
        ["a directory name of garbage"] = () => AlternativeNames([0xA4, 4, 0x30, 2, 0x31, 0x80]),
        ["a thousand names"] = () => AlternativeNames([.. Enumerable.Repeat((byte[])[0x82, 1, 0x61], 1000).SelectMany(name => name)]),

        // CVE-2023-2650 and CVE-2025-55247 and their kin: work that grows faster than the input.
        ["an identifier of eight thousand octets"] = () => Extension("2.5.29.37", Sequence(writer => writer.WriteEncodedValue(
            [0x06, 0x82, 0x1F, 0x40, .. Enumerable.Repeat((byte)0xFF, 7999), 0x7F]))),
        ["three thousand levels"] = () => Extension("2.5.29.31", Sequence(writer => Nest(writer, 3000))),
        ["five hundred name constraints"] = () => Extension("2.5.29.30", Sequence(writer => Constraints(writer, 500))),
        ["a policy for a policy"] = () => Extension("2.5.29.33", Sequence(Mappings)),

        ["a path length below zero"] = () => Extension("2.5.29.19", [0x30, 6, 0x01, 1, 0xFF, 0x02, 1, 0xFF]),
        ["a path length of sixteen octets"] = () => Extension("2.5.29.19", [0x30, 21, 0x01, 1, 0xFF, 0x02, 16, 0x7F, .. new byte[15]]),
        ["a key usage without bits"] = () => Extension("2.5.29.15", [0x03, 0x00]),
        ["a key usage with nine unused bits"] = () => Extension("2.5.29.15", [0x03, 2, 9, 0x80]),
        ["a key identifier that is none"] = () => Extension("2.5.29.35", [0x30, 2, 0x80, 0x7F]),
        ["a critical extension of nobody"] = () => Extension("1.2.3.4.5", [0xFF, 0xFF], critical: true),
        ["an extension of twelve thousand octets"] = () => Extension("1.2.3.4.5", new byte[12_000]),
    };

    static readonly Dictionary<string, byte[]> Subjects = new()
    {
        ["a name of odd two-octet letters"] = Name(0x1E, [0x00, 0x41, 0x00]),
        ["a name of four-octet letters beyond all planes"] = Name(0x1C, [0xFF, 0xFF, 0xFF, 0xFF]),
        ["a name that is an integer"] = Name(0x02, [0x01]),
        ["a name with a null"] = Name(0x0C, [0x61, 0x00, 0x62]),
        ["a name of invalid text"] = Name(0x0C, [0xC3, 0x28]),
        ["six hundred names"] = Sequence(writer =>
        {
            for (var i = 0; i < 600; i++) writer.WriteEncodedValue(Relative(0x0C, [0x61]));
        }),
    };

    /// <summary>What there is.</summary>
    public static IReadOnlyList<string> All { get; } = [.. Kinds.Keys, .. Subjects.Keys];

    /// <summary>Makes one.</summary>
    /// <returns>In DER, and its private key in PEM.</returns>
    public static (byte[] Der, string PrivateKeyPem) Make(string kind)
    {
        using var key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        var name = Subjects.TryGetValue(kind, out var subject) ? subject : Name(0x0C, [0x78]);
        byte[] algorithm = [0x30, 10, 0x06, 8, 0x2A, 0x86, 0x48, 0xCE, 0x3D, 0x04, 0x03, 0x02]; // ecdsa-with-SHA256
        var tbs = Sequence(writer =>
        {
            writer.WriteEncodedValue([0xA0, 3, 0x02, 1, 2]);
            writer.WriteInteger(0x1234);
            writer.WriteEncodedValue(algorithm);
            writer.WriteEncodedValue(name);
            using (writer.PushSequence())
            {
                writer.WriteUtcTime(new(2020, 1, 1, 0, 0, 0, TimeSpan.Zero));
                writer.WriteUtcTime(new(2049, 1, 1, 0, 0, 0, TimeSpan.Zero));
            }

            writer.WriteEncodedValue(name);
            writer.WriteEncodedValue(key.ExportSubjectPublicKeyInfo());
            if (!Kinds.TryGetValue(kind, out var extension)) return;
            using (writer.PushSequence(new Asn1Tag(TagClass.ContextSpecific, 3)))
            using (writer.PushSequence()) writer.WriteEncodedValue(extension());
        });
        var signature = key.SignData(tbs, HashAlgorithmName.SHA256, DSASignatureFormat.Rfc3279DerSequence);
        return (Sequence(writer =>
        {
            writer.WriteEncodedValue(tbs);
            writer.WriteEncodedValue(algorithm);
            writer.WriteBitString(signature);
        }), key.ExportPkcs8PrivateKeyPem());
    }

    static byte[] OtherName(string type, Action<AsnWriter> value)
    {
        var writer = new AsnWriter(AsnEncodingRules.DER);
        using (writer.PushSequence(new Asn1Tag(TagClass.ContextSpecific, 0)))
        {
            writer.WriteObjectIdentifier(type);
            using (writer.PushSequence(new Asn1Tag(TagClass.ContextSpecific, 0))) value(writer);
        }

        return AlternativeNames(writer.Encode());
    }

    static byte[] AlternativeNames(byte[] names) => Extension(AlternativeName, [.. Header(0x30, names.Length), .. names]);

    static byte[] Extension(string type, byte[] value, bool critical = false) => Sequence(writer =>
    {
        writer.WriteObjectIdentifier(type);
        if (critical) writer.WriteBoolean(true);
        writer.WriteOctetString(value);
    });

    static void Constraints(AsnWriter writer, int count)
    {
        using (writer.PushSequence(new Asn1Tag(TagClass.ContextSpecific, 0)))
            for (var i = 0; i < count; i++)
                using (writer.PushSequence()) writer.WriteEncodedValue([0x82, 3, 0x61, 0x2E, 0x62]);
    }

    static void Mappings(AsnWriter writer)
    {
        for (var i = 0; i < 300; i++)
            using (writer.PushSequence())
            {
                writer.WriteObjectIdentifier($"1.3.{i % 2}");
                writer.WriteObjectIdentifier($"1.3.{(i + 1) % 2}");
            }
    }

    static void Nest(AsnWriter writer, int levels)
    {
        byte[] inner = [];
        for (var level = 0; level < levels; level++) inner = [.. Header(0x30, inner.Length), .. inner];
        writer.WriteEncodedValue(inner);
    }

    static byte[] Sequence(Action<AsnWriter> write)
    {
        var writer = new AsnWriter(AsnEncodingRules.DER);
        using (writer.PushSequence()) write(writer);
        return writer.Encode();
    }

    static byte[] Name(byte type, byte[] octets) => Sequence(writer => writer.WriteEncodedValue(Relative(type, octets)));

    static byte[] Relative(byte type, byte[] octets)
    {
        byte[] attribute = [0x06, 3, 0x55, 0x04, 0x03, type, (byte)octets.Length, .. octets];
        return [0x31, (byte)(attribute.Length + 2), 0x30, (byte)attribute.Length, .. attribute];
    }

    static byte[] Header(byte tag, int length) => length < 128 ? [tag, (byte)length] : [tag, 0x82, (byte)(length >> 8), (byte)length];
}
