using FleetPlatform.Events.Subscriptions;
using Npgsql;

namespace FleetPlatform.Events.Projections;

/// <summary>Fills inline projections from all events, within the caller's transaction. Appends wait meanwhile, readers see the old rows.</summary>
static class Rebuild
{
    const int PageSize = 1000;

    public static async Task Run(
        NpgsqlConnection connection, EventTypes types, IReadOnlyList<IInlineProjection> projections, CancellationToken cancellation)
    {
        // No append may fall between what is read here and what it projects itself.
        await Execute(connection, "lock table mt_events in share row exclusive mode", cancellation);
        foreach (var table in projections.SelectMany(projection => projection.Tables).Distinct())
            await Execute(connection, $"delete from {Quote(table)}", cancellation);

        var cursor = Cursor.Start;
        while (true)
        {
            var events = await cursor.ReadAll(connection, types, PageSize, cancellation);
            if (events.Count == 0) return;
            await Project(connection, events, projections, cancellation);
            cursor = new(events[^1].TransactionId, events[^1].Sequence);
        }
    }

    static async Task Project(NpgsqlConnection connection, IReadOnlyList<RecordedEvent> events,
        IReadOnlyList<IInlineProjection> projections, CancellationToken cancellation)
    {
        var projected = new ProjectionBatch();
        foreach (var recorded in events)
        {
            // As the appending session saw it, before the sequence was drawn.
            foreach (var projection in projections) projection.Project(recorded with { Sequence = 0 }, projected);
        }

        if (projected.Statements.Count == 0) return;
        await using var batch = new NpgsqlBatch(connection) { Timeout = 0 };
        // In the order of the events: each statement alone.
        foreach (var statement in projected.Statements)
            foreach (var command in ProjectionStatement.Commands([[statement]])) batch.BatchCommands.Add(command);
        await batch.ExecuteNonQueryAsync(cancellation);
    }

    static async Task Execute(NpgsqlConnection connection, string sql, CancellationToken cancellation)
    {
        await using var command = new NpgsqlCommand(sql, connection) { CommandTimeout = 0 };
        await command.ExecuteNonQueryAsync(cancellation);
    }

    static string Quote(string table) => $"\"{table.Replace("\"", "\"\"", StringComparison.Ordinal)}\"";
}
