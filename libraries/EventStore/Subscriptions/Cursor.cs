using FleetPlatform.Events.Reading;
using Npgsql;
using NpgsqlTypes;

namespace FleetPlatform.Events.Subscriptions;

/// <summary>
/// How far a subscription has read: a transaction id, and a sequence number within it. Never the sequence number alone: a transaction that drew a
/// lower number may commit later, and its events would be skipped (docs/decisions/0002).
/// </summary>
readonly record struct Cursor(ulong TransactionId, long Sequence)
{
    public static Cursor Start => default;

    // Below the snapshot's xmin every transaction has ended: nothing can appear there any more. Rows above it are visible and not safe yet.
    // Of an event that nobody asked for only its place is read: writing out its body would cost most.
    const string After = $"""
        select wanted.*, e.fleet_transaction_id, e.seq_id, e.fleet_transaction_id < pg_snapshot_xmin(pg_current_snapshot())
        from mt_events e
        left join lateral (select {EventRow.Columns} where $4::text[] is null or e.type = any($4)) wanted on true
        where (e.fleet_transaction_id, e.seq_id) > ($1, $2)
        order by e.fleet_transaction_id, e.seq_id
        limit $3
        """;

    /// <summary>Reads what follows and is safe to handle, at most <paramref name="limit"/> events.</summary>
    /// <param name="connection">Of the database.</param>
    /// <param name="types">Of the store.</param>
    /// <param name="names">Those of the events that are wanted; null: all.</param>
    /// <param name="limit">Whether wanted or not.</param>
    /// <param name="cancellation">Gives up.</param>
    public async Task<Page> Read(NpgsqlConnection connection, EventTypes types, string[]? names, int limit, CancellationToken cancellation)
    {
        await using var command = Command(connection, names, limit);
        await using var reader = await command.ExecuteReaderAsync(cancellation);
        var (events, end, passed) = (new List<RecordedEvent>(), this, 0);
        while (await reader.ReadAsync(cancellation))
        {
            if (!reader.GetBoolean(EventRow.ColumnCount + 2)) return new(events, passed, end, HeldBack: true);
            if (!reader.IsDBNull(0)) events.Add(EventRow.Read(reader, types));
            (end, passed) = (new(reader.GetFieldValue<ulong>(EventRow.ColumnCount), reader.GetInt64(EventRow.ColumnCount + 1)), passed + 1);
        }

        return new(events, passed, end, HeldBack: false);
    }

    /// <summary>Reads the next events whoever else is writing: only under a lock that keeps appends out.</summary>
    public async Task<IReadOnlyList<RecordedEvent>> ReadAll(NpgsqlConnection connection, EventTypes types, int limit, CancellationToken cancellation)
    {
        await using var command = Command(connection, null, limit);
        command.CommandTimeout = 0;
        await using var reader = await command.ExecuteReaderAsync(cancellation);
        var events = new List<RecordedEvent>();
        while (await reader.ReadAsync(cancellation)) events.Add(EventRow.Read(reader, types));
        return events;
    }

    NpgsqlCommand Command(NpgsqlConnection connection, string[]? names, int limit) => new(After, connection)
    {
        Parameters =
        {
            new NpgsqlParameter<ulong> { TypedValue = TransactionId, NpgsqlDbType = NpgsqlDbType.Xid8 },
            new NpgsqlParameter<long> { TypedValue = Sequence },
            new NpgsqlParameter<int> { TypedValue = limit },
            new NpgsqlParameter<string[]?> { TypedValue = names, NpgsqlDbType = NpgsqlDbType.Array | NpgsqlDbType.Text },
        },
    };

    /// <param name="Events">Wanted, and safe to handle.</param>
    /// <param name="Passed">How many events there were, with those that nobody wants.</param>
    /// <param name="End">The last one's place.</param>
    /// <param name="HeldBack">More are there, behind a transaction that has not ended.</param>
    public sealed record Page(IReadOnlyList<RecordedEvent> Events, int Passed, Cursor End, bool HeldBack);
}
