using Npgsql;

namespace FleetPlatform.Events.Auditing;

/// <summary>A row of fleet_seals: a run of events in order of their sequence numbers, hung to the seal before it.</summary>
/// <param name="Number">From 1, without gaps.</param>
/// <param name="AfterSequence">Exclusive; 0 of the first.</param>
/// <param name="LastSequence">Inclusive.</param>
/// <param name="Content">See <see cref="SealedEvent.Write"/>.</param>
/// <param name="At">Microseconds since 2000, as PostgreSQL keeps times.</param>
/// <param name="Hash">As it is written in the row.</param>
sealed record Seal(long Number, long AfterSequence, long LastSequence, byte[] Content, long At, byte[] Hash)
{
    const byte Kind = 1;

    public const string Columns = "number, after_sequence, last_sequence, content, sealed, hash";

    /// <summary>The hash before the first seal.</summary>
    public static byte[] Origin { get; } = new byte[Digest.Length];

    public static Seal Read(NpgsqlDataReader row) =>
        new(row.GetInt64(0), row.GetInt64(1), row.GetInt64(2), row.GetFieldValue<byte[]>(3), row.GetFieldValue<long>(4), row.GetFieldValue<byte[]>(5));

    /// <summary>What the hash must be behind a seal with another.</summary>
    public byte[] Recompute(ReadOnlySpan<byte> before, Digest digest)
    {
        digest.Begin(Kind);
        digest.Add(before);
        digest.Add(Number);
        digest.Add(AfterSequence);
        digest.Add(LastSequence);
        digest.Add(At);
        digest.Add(Content);
        return digest.End();
    }
}
