using System.Formats.Asn1;

namespace FleetPlatform.Pki;

/// <summary>A list that was read to its last octet and is what it should be: only such a one can be signed.</summary>
public sealed record ExaminedRevocationList
{
    internal ExaminedRevocationList()
    {
    }

    /// <summary>Higher than every one before of the same scope: the caller's to check, since only it remembers.</summary>
    public required long Number { get; init; }

    /// <summary>Null for a whole list.</summary>
    public required long? BaseNumber { get; init; }

    /// <summary>URL of the part of the certificates it is about; null: all.</summary>
    public required string? DistributionPoint { get; init; }

    public required DateTimeOffset ThisUpdate { get; init; }
    public required DateTimeOffset NextUpdate { get; init; }
    public required long Entries { get; init; }

    /// <summary>Octets of the signed part.</summary>
    public required long Length { get; init; }

    /// <summary>Hash of the signed part, in lower-case hex.</summary>
    public string HashHex => Convert.ToHexStringLower(Hash);

    internal byte[] Hash { get; init; } = [];
    internal byte[] IssuerKeyIdentifier { get; init; } = [];
}

/// <summary>What an authority asks of a list before it signs it.</summary>
public sealed record RevocationListRules
{
    /// <summary>The authority whose list it must be.</summary>
    public required CertificateText Issuer { get; init; }

    /// <summary>Signature algorithm of its key, dotted.</summary>
    public required string SignatureAlgorithm { get; init; }

    public required DateTimeOffset Now { get; init; }

    /// <summary>How far clocks may differ. Default 5 minutes.</summary>
    public TimeSpan Skew { get; init; } = TimeSpan.FromMinutes(5);

    /// <summary>Longest time from thisUpdate to nextUpdate. Default 10 days.</summary>
    public TimeSpan MaximumLife { get; init; } = TimeSpan.FromDays(10);
}

/// <summary>
/// Reads what an authority is asked to sign, in pieces as they come and in bounded memory, and refuses everything that is not a revocation list
/// of that authority (RFC 5280 §5): a key that signs certificates must not sign what only claims to be a list.
/// </summary>
public static class RevocationListExaminer
{
    internal const int MaximumSmallElement = 4096;

    /// <summary>Examines the signed part of a list.</summary>
    /// <param name="parts">Its octets in order, in pieces of any size.</param>
    /// <param name="rules">What it must be.</param>
    /// <param name="cancellation">Gives up.</param>
    /// <exception cref="PkiException"><c>certificate-invalid</c>: it is not such a list; the message says where.</exception>
    public static async Task<ExaminedRevocationList> Examine(IAsyncEnumerable<ReadOnlyMemory<byte>> parts, RevocationListRules rules, CancellationToken cancellation = default)
    {
        await using var source = new DerSource(parts, SignatureAlgorithms.HashOf(rules.SignatureAlgorithm), cancellation);
        try
        {
            var whole = await source.ReadHeader(Sequence);
            var end = source.Position + whole;
            Read(await source.ReadElement(), static (ref ReadOnlySpan<byte> rest) => Check(DerReader.ReadInteger(ref rest).SequenceEqual((ReadOnlySpan<byte>)[1]), "It is not a list of version 2."));
            CheckSame(await source.ReadElement(), writer => SignatureAlgorithms.Write(writer, rules.SignatureAlgorithm), "The signature algorithm is not the authority's.");
            CheckSame(await source.ReadElement(), rules.Issuer.Subject.Write, "The issuer is not the authority that is asked.");
            var thisUpdate = ReadTime(await source.ReadElement());
            var nextUpdate = ReadTime(await source.ReadElement());
            Check(thisUpdate <= rules.Now + rules.Skew && thisUpdate > rules.Now - rules.MaximumLife, "thisUpdate is not now.");
            Check(nextUpdate > thisUpdate && nextUpdate - thisUpdate <= rules.MaximumLife, "nextUpdate is too far from thisUpdate, or not after it.");
            Check(nextUpdate <= rules.Issuer.NotAfter, "The list would outlive its issuer.");

            var entries = 0L;
            var isDelta = false;
            if (await source.PeekTag() == Sequence)
            {
                var length = await source.ReadHeader(Sequence);
                Check(length > 0, "An empty list of certificates is left out (§5.1.2.6).");
                (entries, isDelta) = await ExamineEntries(source, source.Position + length, rules.Now + rules.Skew);
            }

            var extensions = ReadExtensions(await source.ReadElement(), rules.Issuer);
            Check(source.Position == end, "Octets follow the extensions.");
            await source.End();
            Check(extensions.BaseNumber is not null || !isDelta, "removeFromCRL is for a delta only (§5.3.1).");
            Check(extensions.BaseNumber is not { } since || since < extensions.Number, "A delta's base is not before it.");
            return new ExaminedRevocationList
            {
                Number = extensions.Number, BaseNumber = extensions.BaseNumber, DistributionPoint = extensions.DistributionPoint, ThisUpdate = thisUpdate,
                NextUpdate = nextUpdate, Entries = entries, Length = source.Position, Hash = source.Hash(),
                IssuerKeyIdentifier = rules.Issuer.SubjectKeyIdentifier.GetValueOrDefault().ToArray(),
            };
        }
        catch (AsnContentException wrong)
        {
            throw Refused(wrong.Message);
        }
    }

    // In ascending order of serial numbers, so that a number that is there twice is seen without remembering any but the last.
    static async Task<(long Count, bool IsDelta)> ExamineEntries(DerSource source, long end, DateTimeOffset latest)
    {
        var (count, isDelta) = (0L, false);
        var last = Array.Empty<byte>();
        while (source.Position < end)
        {
            var element = await source.ReadElement();
            isDelta |= ExamineEntry(element.Span, latest, ref last);
            count++;
        }

        Check(source.Position == end, "The list of certificates is longer than it says.");
        return (count, isDelta);
    }

    static bool ExamineEntry(ReadOnlySpan<byte> element, DateTimeOffset latest, ref byte[] last)
    {
        var entry = DerReader.ReadWhole(element, Asn1Tag.Sequence);
        var serial = DerReader.ReadInteger(ref entry);
        Check(serial.Length is > 0 and <= SerialNumber.Length && (serial[0] & 0x80) == 0 && serial.ContainsAnyExcept((byte)0), "A serial number is not positive, or longer than 20 octets.");
        Check(last.Length < serial.Length || (last.Length == serial.Length && last.AsSpan().SequenceCompareTo(serial) < 0), "Serial numbers do not ascend.");
        if (last.Length == serial.Length) serial.CopyTo(last);
        else last = serial.ToArray();
        Check(DerReader.ReadTime(ref entry) <= latest, "A certificate is revoked in the future.");
        if (entry.IsEmpty) return false;

        var extensions = DerReader.ReadWhole(entry, Asn1Tag.Sequence);
        var extension = DerReader.Read(ref extensions, Asn1Tag.Sequence);
        DerReader.End(extensions);
        Check(DerReader.ReadOid(ref extension) == Oids.ReasonCode, "An entry says something else than its reason.");
        var value = DerReader.ReadWhole(extension, Asn1Tag.PrimitiveOctetString);
        Check(value is [0x0A, 0x01, 1 or 2 or 3 or 4 or 5 or 6 or 8 or 9], "An entry's reason is none of §5.3.1.");
        return value[2] == 8;
    }

    static (long Number, long? BaseNumber, string? DistributionPoint) ReadExtensions(ReadOnlyMemory<byte> element, CertificateText issuer)
    {
        var extensions = DerReader.ReadWhole(DerReader.ReadWhole(element.Span, Context(0, constructed: true)), Asn1Tag.Sequence);
        (long? number, long? since, string? point, var identified) = (null, null, null, false);
        var seen = new HashSet<string>(StringComparer.Ordinal);
        while (!extensions.IsEmpty)
        {
            var extension = DerReader.Read(ref extensions, Asn1Tag.Sequence);
            var oid = DerReader.ReadOid(ref extension);
            Check(seen.Add(oid), "An extension is there twice.");
            var critical = DerReader.NextIs(extension, Asn1Tag.Boolean) && DerReader.Read(ref extension, Asn1Tag.Boolean) is [0xFF];
            var value = DerReader.ReadWhole(extension, Asn1Tag.PrimitiveOctetString);
            Check(critical == (oid is Oids.DeltaRevocationListIndicator or Oids.IssuingDistributionPoint), "An extension is critical that is not, or is not that must be.");
            switch (oid)
            {
                case Oids.AuthorityKeyIdentifier:
                    var identifier = DerReader.ReadWhole(value, Asn1Tag.Sequence);
                    identified = DerReader.Read(ref identifier, Context(0)).SequenceEqual(issuer.SubjectKeyIdentifier.GetValueOrDefault().Span);
                    break;
                case Oids.RevocationListNumber: number = ReadNumber(value); break;
                case Oids.DeltaRevocationListIndicator: since = ReadNumber(value); break;
                case Oids.IssuingDistributionPoint:
                    point = RevocationPoints.ReadDistributionPoint(DerReader.ReadWhole(value, Asn1Tag.Sequence)) ?? throw Refused("The issuing distribution point names no URL.");
                    break;
                case Oids.FreshestRevocationList: break;
                default: throw Refused("An extension is there that no list of ours has.");
            }
        }

        Check(identified, "The authority key identifier is not the authority's.");
        return (number ?? throw Refused("The list has no number."), since, point);
    }

    static long ReadNumber(ReadOnlySpan<byte> value) =>
        AsnDecoder.TryReadInt64(value, AsnEncodingRules.DER, out var number, out var consumed) && consumed == value.Length && number > 0
            ? number
            : throw Refused("A number of the list is out of range.");

    static DateTimeOffset ReadTime(ReadOnlyMemory<byte> element)
    {
        var rest = element.Span;
        return DerReader.ReadTime(ref rest);
    }

    delegate void Reading(ref ReadOnlySpan<byte> rest);

    static void Read(ReadOnlyMemory<byte> element, Reading read)
    {
        var rest = element.Span;
        read(ref rest);
    }

    static void CheckSame(ReadOnlyMemory<byte> element, Action<AsnWriter> write, string otherwise)
    {
        var expected = new AsnWriter(AsnEncodingRules.DER);
        write(expected);
        Check(expected.EncodedValueEquals(element.Span), otherwise);
    }

    static void Check(bool condition, string otherwise)
    {
        if (!condition) throw Refused(otherwise);
    }

    static PkiException Refused(string why) => new(PkiFailures.CertificateInvalid, why);

    static readonly Asn1Tag Sequence = Asn1Tag.Sequence;

    static Asn1Tag Context(int number, bool constructed = false) => new(TagClass.ContextSpecific, number, constructed);
}
