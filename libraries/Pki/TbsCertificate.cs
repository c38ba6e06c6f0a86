using System.Formats.Asn1;
using System.Net;
using System.Numerics;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;

namespace FleetPlatform.Pki;

/// <summary>Everything a certificate will say.</summary>
public sealed record CertificateFields
{
    public required CertificateProfile Profile { get; init; }
    public required SerialNumber SerialNumber { get; init; }

    /// <summary>Signature algorithm of the issuer's key, dotted.</summary>
    public required string SignatureAlgorithm { get; init; }

    public required SubjectName Issuer { get; init; }

    /// <summary>The issuer's subject key identifier; empty leaves the authority key identifier out (a root's own).</summary>
    public required ReadOnlyMemory<byte> IssuerKeyIdentifier { get; init; }

    public required DateTimeOffset NotBefore { get; init; }
    public required DateTimeOffset NotAfter { get; init; }
    public required SubjectName Subject { get; init; }
    public required ReadOnlyMemory<byte> SubjectPublicKeyInfo { get; init; }
    public required PublicKeyAlgorithm KeyAlgorithm { get; init; }

    /// <summary>DNS names and IP addresses in text.</summary>
    public IReadOnlyList<string> Names { get; init; } = [];

    /// <summary>Where to look its revocation up; null writes nothing about it.</summary>
    public RevocationPoints? RevocationPoints { get; init; }
}

/// <summary>
/// Writes the part of a certificate that is signed, and the whole around a signature (RFC 5280 §4.1). By hand: the framework's
/// CertificateRequest costs twice as much, five microseconds of this are assembly (docs/performance.md), and hand assembly is what makes
/// "record what will be signed, then sign those bytes" possible. Tests read the result with openssl and with the framework.
/// </summary>
public static class TbsCertificate
{
    /// <summary>Writes the signed part.</summary>
    /// <returns>DER.</returns>
    public static byte[] Write(CertificateFields fields)
    {
        var writer = new AsnWriter(AsnEncodingRules.DER, 1024);
        using (writer.PushSequence())
        {
            using (writer.PushSequence(Context(0))) writer.WriteInteger(2);
            writer.WriteInteger(fields.SerialNumber.Octets);
            SignatureAlgorithms.Write(writer, fields.SignatureAlgorithm);
            fields.Issuer.Write(writer);
            using (writer.PushSequence())
            {
                WriteTime(writer, fields.NotBefore);
                WriteTime(writer, fields.NotAfter);
            }

            fields.Subject.Write(writer);
            writer.WriteEncodedValue(fields.SubjectPublicKeyInfo.Span);
            using (writer.PushSequence(Context(3)))
            using (writer.PushSequence())
                WriteExtensions(writer, fields);
        }

        return writer.Encode();
    }

    /// <summary>Puts a signature around the signed part.</summary>
    /// <param name="tbs">What <see cref="Write"/> returned.</param>
    /// <param name="signatureAlgorithm">Dotted; the same as inside.</param>
    /// <param name="signature">The signature over <paramref name="tbs"/>.</param>
    /// <returns>The certificate in DER.</returns>
    public static byte[] Assemble(ReadOnlySpan<byte> tbs, string signatureAlgorithm, ReadOnlySpan<byte> signature)
    {
        var writer = new AsnWriter(AsnEncodingRules.DER, tbs.Length + signature.Length + 64);
        using (writer.PushSequence())
        {
            writer.WriteEncodedValue(tbs);
            SignatureAlgorithms.Write(writer, signatureAlgorithm);
            writer.WriteBitString(signature);
        }

        return writer.Encode();
    }

    /// <summary>The key identifier of a public key: the leftmost 160 bits of the SHA-256 of its structure (RFC 7093 §2, method 4).</summary>
    public static byte[] KeyIdentifierOf(ReadOnlySpan<byte> subjectPublicKeyInfo) => SHA256.HashData(subjectPublicKeyInfo)[..20];

    static void WriteExtensions(AsnWriter writer, CertificateFields fields)
    {
        var profile = fields.Profile;
        WriteExtension(writer, Oids.BasicConstraints, critical: true, () =>
        {
            using (writer.PushSequence())
            {
                if (profile.IsAuthority) writer.WriteBoolean(true);
                if (profile.PathLength is { } length) writer.WriteInteger(length);
            }
        });
        WriteExtension(writer, Oids.KeyUsage, critical: true, () =>
        {
            var usage = (byte)profile.KeyUsageOf(fields.KeyAlgorithm);
            writer.WriteBitString([usage], BitOperations.TrailingZeroCount(usage));
        });
        if (profile.ExtendedKeyUsages.Count > 0)
            WriteExtension(writer, Oids.ExtendedKeyUsage, critical: false, () =>
            {
                using (writer.PushSequence())
                    foreach (var purpose in profile.ExtendedKeyUsages) writer.WriteObjectIdentifier(purpose);
            });
        if (!fields.IssuerKeyIdentifier.IsEmpty)
            WriteExtension(writer, Oids.AuthorityKeyIdentifier, critical: false, () =>
            {
                using (writer.PushSequence()) writer.WriteOctetString(fields.IssuerKeyIdentifier.Span, Context(0));
            });
        if (profile.HasSubjectKeyIdentifier)
            WriteExtension(writer, Oids.SubjectKeyIdentifier, critical: false,
                () => writer.WriteOctetString(KeyIdentifierOf(fields.SubjectPublicKeyInfo.Span)));
        if (profile.NameConstraints is { } constraints) WriteExtension(writer, Oids.NameConstraints, critical: true, () => constraints.Write(writer));
        if (fields.Names.Count > 0)
            WriteExtension(writer, Oids.SubjectAlternativeName, critical: false, () => WriteNames(writer, fields.Names));
        if (profile.HasNoRevocationCheck) WriteExtension(writer, Oids.OcspNoCheck, critical: false, () => writer.WriteNull());
        if (profile.RevocationListUrl is { } url)
            WriteExtension(writer, Oids.RevocationListDistributionPoints, critical: false, () => RevocationPoints.WriteListUrl(writer, url));
        if (fields.RevocationPoints is { } points && profile.NamesRevocationPoints)
        {
            WriteExtension(writer, Oids.RevocationListDistributionPoints, critical: false, () => RevocationPoints.WriteListUrl(writer, points.ListUrlOf(fields.SerialNumber)));
            WriteExtension(writer, Oids.AuthorityInformationAccess, critical: false, () => RevocationPoints.WriteOcspUrl(writer, points.OcspUrl));
        }
    }

    static void WriteNames(AsnWriter writer, IReadOnlyList<string> names)
    {
        using (writer.PushSequence())
        {
            foreach (var name in names)
            {
                if (Uri.CheckHostName(name) is UriHostNameType.IPv4 or UriHostNameType.IPv6)
                    writer.WriteOctetString(IPAddress.Parse(name).GetAddressBytes(), Context(7));
                else writer.WriteCharacterString(UniversalTagNumber.IA5String, name, Context(2));
            }
        }
    }

    internal static void WriteExtension(AsnWriter writer, string oid, bool critical, Action writeValue)
    {
        using (writer.PushSequence())
        {
            writer.WriteObjectIdentifier(oid);
            if (critical) writer.WriteBoolean(true);
            using (writer.PushOctetString()) writeValue();
        }
    }

    // RFC 5280 §4.1.2.5: UTCTime through 2049, GeneralizedTime from 2050, both in whole seconds of GMT.
    internal static void WriteTime(AsnWriter writer, DateTimeOffset time)
    {
        if (time.UtcDateTime.Year < 2050) writer.WriteUtcTime(time, twoDigitYearMax: 2049);
        else writer.WriteGeneralizedTime(time, omitFractionalSeconds: true);
    }

    static Asn1Tag Context(int number) => new(TagClass.ContextSpecific, number);
}
