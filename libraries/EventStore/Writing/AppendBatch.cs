using Npgsql;
using NpgsqlTypes;

namespace FleetPlatform.Events.Writing;

/// <summary>Sessions as one round trip: one call of fleet_append for all their events, then their projections. One implicit transaction.</summary>
static class AppendBatch
{
    const string Append = "select fleet_append($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16)";

    public static NpgsqlBatch Create(NpgsqlConnection connection, IReadOnlyList<PendingAppend> appends, TimeSpan timeout)
    {
        var batch = new NpgsqlBatch(connection) { Timeout = (int)Math.Ceiling(timeout.TotalSeconds) };
        var command = new NpgsqlBatchCommand(Append);
        AddStreams(command.Parameters, appends);
        AddEvents(command.Parameters, appends);
        batch.BatchCommands.Add(command);
        foreach (var projection in ProjectionStatement.Commands(appends.Select(append => append.Projections))) batch.BatchCommands.Add(projection);
        return batch;
    }

    static void AddStreams(NpgsqlParameterCollection parameters, IReadOnlyList<PendingAppend> appends)
    {
        var writes = appends.SelectMany(append => append.Streams).ToList();
        // In order, so that concurrent transactions wait in a line and never in a circle.
        writes.Sort((left, right) => string.CompareOrdinal(left.Id.Value, right.Id.Value));
        var known = writes.FindAll(write => write.ExpectedVersion > 0);
        var begun = writes.FindAll(write => write.ExpectedVersion == 0);
        Add(parameters, NpgsqlDbType.Text, known.ConvertAll(write => write.Id.Value));
        Add(parameters, NpgsqlDbType.Bigint, known.ConvertAll(write => write.ExpectedVersion));
        Add(parameters, NpgsqlDbType.Bigint, known.ConvertAll(write => write.NewVersion));
        Add(parameters, NpgsqlDbType.Text, begun.ConvertAll(write => write.Id.Value));
        Add(parameters, NpgsqlDbType.Bigint, begun.ConvertAll(write => write.NewVersion));
    }

    static void AddEvents(NpgsqlParameterCollection parameters, IReadOnlyList<PendingAppend> appends)
    {
        var events = new List<(PendingAppend Session, EventToWrite Event)>();
        foreach (var append in appends)
        {
            foreach (var written in append.Events) events.Add((append, written));
        }

        Add(parameters, NpgsqlDbType.Uuid, events.ConvertAll(e => e.Event.Id));
        Add(parameters, NpgsqlDbType.Text, events.ConvertAll(e => e.Event.StreamId.Value));
        Add(parameters, NpgsqlDbType.Bigint, events.ConvertAll(e => e.Event.Version));
        Add(parameters, NpgsqlDbType.Jsonb, events.ConvertAll(e => e.Event.Json));
        Add(parameters, NpgsqlDbType.Text, events.ConvertAll(e => e.Event.Type));
        Add(parameters, NpgsqlDbType.TimestampTz, events.ConvertAll(e => e.Event.Timestamp));
        Add(parameters, NpgsqlDbType.Text, events.ConvertAll(e => e.Event.DotnetType));
        Add(parameters, NpgsqlDbType.Text, events.ConvertAll(e => e.Session.Metadata.CorrelationId));
        Add(parameters, NpgsqlDbType.Text, events.ConvertAll(e => e.Session.Metadata.CausationId));
        Add(parameters, NpgsqlDbType.Text, events.ConvertAll(e => e.Session.Metadata.Actor));
        Add(parameters, NpgsqlDbType.Jsonb, events.ConvertAll(e => e.Session.Headers));
    }

    static void Add<T>(NpgsqlParameterCollection parameters, NpgsqlDbType type, List<T> values) =>
        parameters.Add(new NpgsqlParameter<List<T>> { TypedValue = values, NpgsqlDbType = NpgsqlDbType.Array | type });
}
