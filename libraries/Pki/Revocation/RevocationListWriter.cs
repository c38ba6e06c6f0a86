using System.Buffers;
using System.Formats.Asn1;
using System.Numerics;

namespace FleetPlatform.Pki;

/// <summary>What a revocation list says beside its entries (RFC 5280 §5.1, §5.2).</summary>
public sealed record RevocationListFields
{
    /// <summary>Signature algorithm of the issuer's key, dotted.</summary>
    public required string SignatureAlgorithm { get; init; }

    public required SubjectName Issuer { get; init; }

    /// <summary>The issuer's subject key identifier.</summary>
    public required ReadOnlyMemory<byte> IssuerKeyIdentifier { get; init; }

    public required DateTimeOffset ThisUpdate { get; init; }
    public required DateTimeOffset NextUpdate { get; init; }

    /// <summary>Higher than every one before of the same scope.</summary>
    public required long Number { get; init; }

    /// <summary>The whole list that this one is the change of; null: it is whole itself.</summary>
    public long? BaseNumber { get; init; }

    /// <summary>URL of a list that is about a part of the certificates only; it is the one in those certificates. Null: about all of them.</summary>
    public string? DistributionPoint { get; init; }

    /// <summary>URL of the changes since this list.</summary>
    public string? FreshestList { get; init; }
}

/// <summary>One revoked certificate on a list.</summary>
/// <param name="SerialNumber">Positive, big-endian, without leading zeroes.</param>
/// <param name="RevokedAt">When.</param>
/// <param name="Reason">CRLReason (§5.3.1); 0 is left out as the standard asks; 8 (removeFromCRL) in a delta only.</param>
public readonly record struct RevocationListEntry(ReadOnlyMemory<byte> SerialNumber, DateTimeOffset RevokedAt, int Reason);

/// <summary>
/// Writes a revocation list in pieces, so that a list of a million entries never is in memory: entries first, one by one, then what stands
/// before them (which says how long they are) and behind them.
/// </summary>
public static class RevocationListWriter
{
    /// <summary>Appends an entry in DER.</summary>
    public static void WriteEntry(IBufferWriter<byte> output, RevocationListEntry entry)
    {
        var writer = new AsnWriter(AsnEncodingRules.DER, 64);
        using (writer.PushSequence())
        {
            writer.WriteInteger(entry.SerialNumber.Span);
            TbsCertificate.WriteTime(writer, entry.RevokedAt);
            if (entry.Reason != 0)
                using (writer.PushSequence())
                    TbsCertificate.WriteExtension(writer, Oids.ReasonCode, critical: false, () => writer.WriteEncodedValue([0x0A, 0x01, (byte)entry.Reason]));
        }

        var length = writer.GetEncodedLength();
        writer.Encode(output.GetSpan(length));
        output.Advance(length);
    }

    /// <summary>What stands around the entries in the part that is signed.</summary>
    /// <param name="fields">What the list says.</param>
    /// <param name="entriesLength">Length of all entries, in octets; with none, the list of them is left out as the standard asks.</param>
    /// <returns>Head and tail, in DER.</returns>
    public static (byte[] Head, byte[] Tail) WriteAround(RevocationListFields fields, long entriesLength)
    {
        var inner = new AsnWriter(AsnEncodingRules.DER);
        inner.WriteInteger(1); // v2
        SignatureAlgorithms.Write(inner, fields.SignatureAlgorithm);
        fields.Issuer.Write(inner);
        TbsCertificate.WriteTime(inner, fields.ThisUpdate);
        TbsCertificate.WriteTime(inner, fields.NextUpdate);
        byte[] head = [.. inner.Encode(), .. entriesLength > 0 ? SequenceHeader(entriesLength) : []];
        var tail = WriteExtensions(fields);
        return ([.. SequenceHeader(head.Length + entriesLength + tail.Length), .. head], tail);
    }

    /// <summary>What stands around the signed part in the finished list.</summary>
    /// <param name="signedLength">Length of the signed part, in octets.</param>
    /// <param name="signatureAlgorithm">Dotted; the same as inside.</param>
    /// <param name="signature">The signature.</param>
    public static (byte[] Head, byte[] Tail) WriteEnvelope(long signedLength, string signatureAlgorithm, ReadOnlySpan<byte> signature)
    {
        var writer = new AsnWriter(AsnEncodingRules.DER);
        SignatureAlgorithms.Write(writer, signatureAlgorithm);
        writer.WriteBitString(signature);
        var tail = writer.Encode();
        return (SequenceHeader(signedLength + tail.Length), tail);
    }

    static byte[] WriteExtensions(RevocationListFields fields)
    {
        var writer = new AsnWriter(AsnEncodingRules.DER);
        using (writer.PushSequence(new Asn1Tag(TagClass.ContextSpecific, 0)))
        using (writer.PushSequence())
        {
            TbsCertificate.WriteExtension(writer, Oids.AuthorityKeyIdentifier, critical: false, () =>
            {
                using (writer.PushSequence()) writer.WriteOctetString(fields.IssuerKeyIdentifier.Span, new Asn1Tag(TagClass.ContextSpecific, 0));
            });
            TbsCertificate.WriteExtension(writer, Oids.RevocationListNumber, critical: false, () => writer.WriteInteger(fields.Number));
            if (fields.BaseNumber is { } since)
                TbsCertificate.WriteExtension(writer, Oids.DeltaRevocationListIndicator, critical: true, () => writer.WriteInteger(since));
            if (fields.DistributionPoint is { } point)
                TbsCertificate.WriteExtension(writer, Oids.IssuingDistributionPoint, critical: true, () =>
                {
                    using (writer.PushSequence()) RevocationPoints.WriteDistributionPoint(writer, point); // every flag has its default, so none is written
                });
            if (fields.FreshestList is { } freshest)
                TbsCertificate.WriteExtension(writer, Oids.FreshestRevocationList, critical: false, () => RevocationPoints.WriteListUrl(writer, freshest));
        }

        return writer.Encode();
    }

    static byte[] SequenceHeader(long length)
    {
        if (length < 0x80) return [0x30, (byte)length];
        var octets = (BitOperations.Log2((ulong)length) / 8) + 1;
        var header = new byte[2 + octets];
        header[0] = 0x30;
        header[1] = (byte)(0x80 | octets);
        for (var i = 0; i < octets; i++) header[^(i + 1)] = (byte)(length >> (8 * i));
        return header;
    }
}
