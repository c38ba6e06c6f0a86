using Npgsql;

namespace FleetPlatform.Events;

/// <summary>
/// Up to which sequence number nothing can appear any more. A number is drawn by a transaction that has its id already; so once every transaction has ended
/// that had begun when numbers stood at some value, whatever is to be seen at or below it is there. One reader's; not for two threads.
/// </summary>
public sealed class Frontier
{
    long _safe;
    (long Drawn, ulong Next)? _mark;

    /// <summary>Looks again. What is read in a later statement than this finds everything up to the safe number.</summary>
    /// <param name="connection">In no transaction, or in one that has neither looked nor written before.</param>
    /// <param name="cancellation">Gives up.</param>
    /// <returns>Up to where it is safe to read, and whether higher numbers have been drawn already.</returns>
    public async Task<(long Safe, bool HeldBack)> Advance(NpgsqlConnection connection, CancellationToken cancellation)
    {
        // Two statements in this order: the snapshot must be the later one.
        var drawn = await ReadDrawn(connection, cancellation);
        var (oldest, next) = await ReadSnapshot(connection, cancellation);
        _safe = Math.Min(_safe, drawn); // a standby that took over may not have reached as far
        if (_mark is { } mark && oldest >= mark.Next) (_safe, _mark) = (Math.Min(mark.Drawn, drawn), null);
        if (oldest == next) (_safe, _mark) = (drawn, null); // nobody is in the middle of anything
        else if (drawn > _safe) _mark ??= (drawn, next);
        return (_safe, drawn > _safe);
    }

    static async Task<long> ReadDrawn(NpgsqlConnection connection, CancellationToken cancellation)
    {
        await using var command = new NpgsqlCommand("select case when is_called then last_value else 0 end from mt_events_sequence", connection);
        return (long)(await command.ExecuteScalarAsync(cancellation))!;
    }

    // A snapshot's xmax is not the next id: it comes after the last transaction that has ended, and the newest ones that are under way lie behind it.
    static async Task<(ulong Oldest, ulong Next)> ReadSnapshot(NpgsqlConnection connection, CancellationToken cancellation)
    {
        await using var command = new NpgsqlCommand(
            "select pg_snapshot_xmin(s), pg_snapshot_xmax(s), age(pg_snapshot_xmax(s)::xid) from pg_current_snapshot() s", connection);
        await using var row = await command.ExecuteReaderAsync(cancellation);
        await row.ReadAsync(cancellation);
        return (row.GetFieldValue<ulong>(0), row.GetFieldValue<ulong>(1) + (ulong)row.GetInt32(2));
    }
}
