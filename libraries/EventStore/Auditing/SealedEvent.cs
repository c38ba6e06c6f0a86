using System.Buffers.Binary;
using System.Text;
using Npgsql;

namespace FleetPlatform.Events.Auditing;

/// <summary>What a seal says about one event: its name, and the hash over all that is recorded of it.</summary>
/// <param name="Stream">Empty when the row names none, which no event of ours does.</param>
readonly record struct SealedEvent(long Sequence, long Version, string Stream, ReadOnlyMemory<byte> Hash)
{
    const byte Kind = 0;
    const int FixedLength = sizeof(long) + sizeof(long) + sizeof(ushort);

    /// <summary>
    /// What <see cref="Read"/> reads, of mt_events aliased <c>e</c>: every column but fleet_transaction_id, which a dump restored on another server is given anew.
    /// Pinned, as is their order: another one would break every chain that exists.
    /// </summary>
    public const string Columns =
        "e.seq_id, e.version, e.stream_id, e.id, e.type, e.data, e.bdata, e.timestamp, e.tenant_id, e.mt_dotnet_type, " +
        "e.correlation_id, e.causation_id, e.user_name, e.headers, e.is_archived";

    /// <summary>Hashes the columns as PostgreSQL keeps them: JSON as the text it prints, times as microseconds.</summary>
    public static SealedEvent Read(NpgsqlDataReader row, Digest digest)
    {
        var (sequence, version) = (row.GetInt64(0), row.GetInt64(1));
        digest.Begin(Kind);
        digest.Add(sequence);
        digest.Add(version);
        for (var column = 2; column < row.FieldCount; column++)
        {
            if (row.IsDBNull(column)) digest.AddNull();
            else if (row.GetFieldType(column) == typeof(bool)) digest.Add([row.GetBoolean(column) ? (byte)1 : (byte)0]);
            else if (row.GetFieldType(column) == typeof(DateTime)) digest.Add(row.GetFieldValue<long>(column));
            else if (row.GetFieldType(column) == typeof(Guid)) digest.Add(row.GetGuid(column).ToByteArray(bigEndian: true));
            else digest.Add(row.GetFieldValue<byte[]>(column));
        }

        return new(sequence, version, row.IsDBNull(2) ? "" : row.GetString(2), digest.End());
    }

    /// <summary>Writes events as the content of a seal.</summary>
    public static byte[] Write(IReadOnlyList<SealedEvent> events)
    {
        var content = new byte[events.Sum(each => FixedLength + Encoding.UTF8.GetByteCount(each.Stream) + Digest.Length)];
        var rest = content.AsSpan();
        foreach (var each in events)
        {
            BinaryPrimitives.WriteInt64BigEndian(rest, each.Sequence);
            BinaryPrimitives.WriteInt64BigEndian(rest[8..], each.Version);
            var length = Encoding.UTF8.GetBytes(each.Stream, rest[FixedLength..]);
            BinaryPrimitives.WriteUInt16BigEndian(rest[16..], checked((ushort)length));
            each.Hash.Span.CopyTo(rest[(FixedLength + length)..]);
            rest = rest[(FixedLength + length + Digest.Length)..];
        }

        return content;
    }

    /// <summary>Reads the content of a seal back.</summary>
    /// <returns>False when it is none.</returns>
    public static bool TryReadAll(byte[] content, List<SealedEvent> events)
    {
        events.Clear();
        var rest = content.AsMemory();
        while (rest.Length >= FixedLength)
        {
            var length = BinaryPrimitives.ReadUInt16BigEndian(rest.Span[16..]);
            if (rest.Length < FixedLength + length + Digest.Length) return false;
            var stream = Encoding.UTF8.GetString(rest.Span.Slice(FixedLength, length));
            events.Add(new(BinaryPrimitives.ReadInt64BigEndian(rest.Span), BinaryPrimitives.ReadInt64BigEndian(rest.Span[8..]), stream,
                rest.Slice(FixedLength + length, Digest.Length)));
            rest = rest[(FixedLength + length + Digest.Length)..];
        }

        return rest.IsEmpty;
    }
}
