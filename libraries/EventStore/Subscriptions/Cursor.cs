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
    const string After = $"""
        select {EventRow.Columns}, e.fleet_transaction_id < pg_snapshot_xmin(pg_current_snapshot())
        from mt_events e
        where (e.fleet_transaction_id, e.seq_id) > ($1, $2)
        order by e.fleet_transaction_id, e.seq_id
        limit $3
        """;

    /// <summary>Reads the next events that are safe to handle, at most <paramref name="limit"/>.</summary>
    public async Task<Page> Read(NpgsqlConnection connection, EventTypes types, int limit, CancellationToken cancellation)
    {
        await using var command = Command(connection, limit);
        await using var reader = await command.ExecuteReaderAsync(cancellation);
        var events = new List<RecordedEvent>();
        while (await reader.ReadAsync(cancellation))
        {
            if (!reader.GetBoolean(EventRow.ColumnCount)) return new(events, HeldBack: true);
            events.Add(EventRow.Read(reader, types));
        }

        return new(events, HeldBack: false);
    }

    /// <summary>Reads the next events whoever else is writing: only under a lock that keeps appends out.</summary>
    public async Task<IReadOnlyList<RecordedEvent>> ReadAll(NpgsqlConnection connection, EventTypes types, int limit, CancellationToken cancellation)
    {
        await using var command = Command(connection, limit);
        command.CommandTimeout = 0;
        await using var reader = await command.ExecuteReaderAsync(cancellation);
        var events = new List<RecordedEvent>();
        while (await reader.ReadAsync(cancellation)) events.Add(EventRow.Read(reader, types));
        return events;
    }

    NpgsqlCommand Command(NpgsqlConnection connection, int limit) => new(After, connection)
    {
        Parameters =
        {
            new NpgsqlParameter<ulong> { TypedValue = TransactionId, NpgsqlDbType = NpgsqlDbType.Xid8 },
            new NpgsqlParameter<long> { TypedValue = Sequence },
            new NpgsqlParameter<int> { TypedValue = limit },
        },
    };

    /// <param name="Events">Safe to handle.</param>
    /// <param name="HeldBack">More are there, behind a transaction that has not ended.</param>
    public sealed record Page(IReadOnlyList<RecordedEvent> Events, bool HeldBack)
    {
        public Cursor End => new(Events[^1].TransactionId, Events[^1].Sequence);
    }
}
