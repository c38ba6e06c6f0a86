using System.Buffers;
using System.Formats.Asn1;
using System.Security.Cryptography;

namespace FleetPlatform.Pki;

/// <summary>
/// A whole, signed revocation list that is small enough to be in memory: a root's, about the few authorities below it (RFC 5280 §5). A list in parts, and
/// one of changes, are refused. Reading is not trusting: <see cref="IsSignedBy"/> checks the signature.
/// </summary>
public sealed class SignedRevocationList
{
    /// <summary>PEM label.</summary>
    public const string Label = "X509 CRL";

    /// <summary>Largest list read, in octets.</summary>
    public const int MaximumOctets = 256 * 1024;

    SignedRevocationList()
    {
    }

    /// <summary>The list in DER.</summary>
    public required ReadOnlyMemory<byte> Der { get; init; }

    public required SubjectName Issuer { get; init; }
    public required DateTimeOffset ThisUpdate { get; init; }

    /// <summary>When it lapses: from then on a client that checks refuses everything below the issuer.</summary>
    public required DateTimeOffset NextUpdate { get; init; }

    /// <summary>Rises from list to list (§5.2.3).</summary>
    public required long Number { get; init; }

    public required IReadOnlyList<RevocationListEntry> Entries { get; init; }

    ReadOnlyMemory<byte> Tbs { get; init; }

    ReadOnlyMemory<byte> Signature { get; init; }

    string SignatureAlgorithm { get; init; } = "";

    /// <summary>Cuts and signs a list.</summary>
    /// <param name="issuer">Whose list it is.</param>
    /// <param name="key">The issuer's key.</param>
    /// <param name="entries">What is revoked, in any order; a serial number that is there twice keeps its first entry.</param>
    /// <param name="number">Higher than that of every list before.</param>
    /// <param name="now">Now.</param>
    /// <param name="validity">From now to nextUpdate; cut where the issuer ends.</param>
    /// <returns>DER.</returns>
    public static byte[] Sign(CertificateText issuer, IIssuerKey key, IEnumerable<RevocationListEntry> entries, long number, DateTimeOffset now, TimeSpan validity)
    {
        var thisUpdate = DateTimeOffset.FromUnixTimeSeconds(now.ToUnixTimeSeconds());
        var body = new ArrayBufferWriter<byte>();
        foreach (var entry in entries.DistinctBy(entry => Convert.ToHexString(entry.SerialNumber.Span))
            .OrderBy(entry => entry.SerialNumber.Length).ThenBy(entry => Convert.ToHexString(entry.SerialNumber.Span), StringComparer.Ordinal))
            RevocationListWriter.WriteEntry(body, entry);
        var (head, tail) = RevocationListWriter.WriteAround(new()
        {
            SignatureAlgorithm = key.SignatureAlgorithm,
            Issuer = issuer.Subject,
            IssuerKeyIdentifier = issuer.SubjectKeyIdentifier ?? TbsCertificate.KeyIdentifierOf(issuer.SubjectPublicKeyInfo.Span),
            ThisUpdate = thisUpdate,
            NextUpdate = thisUpdate + validity < issuer.NotAfter ? thisUpdate + validity : issuer.NotAfter,
            Number = number,
        }, body.WrittenCount);
        byte[] tbs = [.. head, .. body.WrittenSpan, .. tail];
        var (before, after) = RevocationListWriter.WriteEnvelope(tbs.Length, key.SignatureAlgorithm, key.Sign(tbs));
        return [.. before, .. tbs, .. after];
    }

    /// <summary>Whether its issuer is this authority, and the signature the authority's.</summary>
    public bool IsSignedBy(CertificateText authority)
    {
        try
        {
            return Issuer.Attributes.SequenceEqual(authority.Subject.Attributes)
                && PublicKey.Read(authority.SubjectPublicKeyInfo.Span).Verify(Tbs.Span, Signature.Span, SignatureAlgorithm);
        }
        catch (CryptographicException)
        {
            return false;
        }
    }

    /// <summary>Reads the only list of a text in PEM.</summary>
    /// <exception cref="PkiException"><c>certificate-invalid</c>.</exception>
    public static SignedRevocationList ReadPem(ReadOnlySpan<char> pem) => Read(Pem.TryReadOnly(pem, Label)
        ?? throw new PkiException(PkiFailures.CertificateInvalid, $"Expected exactly one PEM block labelled {Label}."));

    /// <summary>Reads a list in DER.</summary>
    /// <exception cref="PkiException"><c>certificate-invalid</c>: no whole list of version 2 with a number, or too large. Nothing else is thrown, whatever the input.</exception>
    public static SignedRevocationList Read(ReadOnlyMemory<byte> der)
    {
        if (der.Length > MaximumOctets) throw Refused($"The list has more than {MaximumOctets} octets.");
        try
        {
            return Parse(der);
        }
        catch (Exception wrong) when (wrong is AsnContentException or OverflowException or ArgumentException)
        {
            throw Refused("It is not a revocation list in DER (RFC 5280 §5.1).");
        }
    }

    static SignedRevocationList Parse(ReadOnlyMemory<byte> der)
    {
        var whole = DerReader.ReadWhole(der.Span, Asn1Tag.Sequence);
        var tbs = DerReader.ReadEncoded(ref whole, Asn1Tag.Sequence);
        var algorithm = DerReader.ReadEncoded(ref whole, Asn1Tag.Sequence);
        var signature = DerReader.ReadBits(ref whole);
        DerReader.End(whole);

        var rest = DerReader.ReadWhole(tbs, Asn1Tag.Sequence);
        if (DerReader.NextIs(rest, Asn1Tag.Integer) is false || !DerReader.ReadInteger(ref rest).SequenceEqual((ReadOnlySpan<byte>)[1])) throw Refused("It is not a list of version 2.");
        if (!DerReader.ReadEncoded(ref rest, Asn1Tag.Sequence).SequenceEqual(algorithm)) throw Refused("The algorithms inside and outside the signed part differ.");
        var issuer = SubjectName.Read(DerReader.ReadEncoded(ref rest, Asn1Tag.Sequence));
        var thisUpdate = DerReader.ReadTime(ref rest);
        var nextUpdate = DerReader.ReadTime(ref rest);
        var entries = DerReader.NextIs(rest, Asn1Tag.Sequence) ? ReadEntries(DerReader.Read(ref rest, Asn1Tag.Sequence)) : [];
        var number = ReadNumber(DerReader.ReadWhole(DerReader.ReadWhole(rest, new Asn1Tag(TagClass.ContextSpecific, 0, isConstructed: true)), Asn1Tag.Sequence));
        var name = DerReader.ReadWhole(algorithm, Asn1Tag.Sequence);
        return new()
        {
            Der = der, Issuer = issuer, ThisUpdate = thisUpdate, NextUpdate = nextUpdate, Number = number, Entries = entries,
            Tbs = tbs.ToArray(), Signature = signature.ToArray(), SignatureAlgorithm = DerReader.ReadOid(ref name),
        };
    }

    static List<RevocationListEntry> ReadEntries(ReadOnlySpan<byte> list)
    {
        var entries = new List<RevocationListEntry>();
        while (!list.IsEmpty)
        {
            var entry = DerReader.Read(ref list, Asn1Tag.Sequence);
            var serial = DerReader.ReadInteger(ref entry).ToArray();
            var at = DerReader.ReadTime(ref entry);
            var reason = 0;
            var extensions = entry.IsEmpty ? [] : DerReader.ReadWhole(entry, Asn1Tag.Sequence);
            while (!extensions.IsEmpty)
            {
                var extension = DerReader.Read(ref extensions, Asn1Tag.Sequence);
                if (DerReader.ReadOid(ref extension) != Oids.ReasonCode) continue;
                var value = DerReader.ReadWhole(extension, Asn1Tag.PrimitiveOctetString);
                reason = value is [0x0A, 0x01, var code] ? code : throw new AsnContentException("A reason is no enumeration of one octet.");
            }

            entries.Add(new(serial, at, reason));
        }

        return entries;
    }

    // What is critical narrows what a list is about (a part, changes): such a one cannot stand for the whole.
    static long ReadNumber(ReadOnlySpan<byte> extensions)
    {
        long? number = null;
        while (!extensions.IsEmpty)
        {
            var extension = DerReader.Read(ref extensions, Asn1Tag.Sequence);
            var oid = DerReader.ReadOid(ref extension);
            if (DerReader.NextIs(extension, Asn1Tag.Boolean) && DerReader.Read(ref extension, Asn1Tag.Boolean) is [0xFF])
                throw Refused("The list has a critical extension: it is about a part of the certificates, or about changes.");
            var value = DerReader.ReadWhole(extension, Asn1Tag.PrimitiveOctetString);
            if (oid == Oids.RevocationListNumber && AsnDecoder.TryReadInt64(value, AsnEncodingRules.DER, out var read, out var consumed) && consumed == value.Length) number = read;
        }

        return number ?? throw Refused("The list has no number of at most 63 bits (§5.2.3).");
    }

    static PkiException Refused(string why) => new(PkiFailures.CertificateInvalid, why);
}
