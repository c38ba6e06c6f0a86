using System.Globalization;
using Npgsql;

namespace FleetPlatform.Events.Reading;

/// <summary>Reads streams. A stream's version is that of its last event, so one statement gives a consistent state.</summary>
sealed class EventReader(NpgsqlDataSource dataSource, EventTypes types)
{
    const string ReadStream = $"select {EventRow.Columns} from mt_events e where e.stream_id = $1 and e.version >= $2 order by e.version limit $3";

    // Lateral keeps the plan a loop of index scans, whatever the planner believes about the length of the array.
    const string ReadStreams = $"""
        select {EventRow.Columns} from unnest($1) as s (id)
        cross join lateral (select * from mt_events where stream_id = s.id order by version) e
        """;

    readonly GroupRead<StreamId, RecordedEvent> _group = new((ids, cancellation) => ReadWhole(dataSource, types, ids, cancellation));

    public async Task<Fetched<TAggregate>> Fold<TAggregate, TEvent>(StreamId id, CancellationToken cancellation)
        where TAggregate : IAggregate<TAggregate, TEvent>
        where TEvent : class =>
        Fold<TAggregate, TEvent>(id, (await ReadWhole([id], cancellation))[id]);

    public async Task<IReadOnlyList<Fetched<TAggregate>>> Fold<TAggregate, TEvent>(
        IReadOnlyList<StreamId> ids, CancellationToken cancellation)
        where TAggregate : IAggregate<TAggregate, TEvent>
        where TEvent : class
    {
        if (ids.Count == 0) return [];
        var streams = await ReadWhole(ids, cancellation);
        return [.. ids.Select(id => Fold<TAggregate, TEvent>(id, streams[id]))];
    }

    public Task<IReadOnlyList<RecordedEvent>> Read(StreamId id, long fromVersion, int limit, CancellationToken cancellation) =>
        Read(dataSource, types, ReadStream, Range(id, fromVersion, limit), cancellation);

    Task<ILookup<StreamId, RecordedEvent>> ReadWhole(IReadOnlyList<StreamId> ids, CancellationToken cancellation)
    {
        foreach (var id in ids) _ = id.Value; // refuses the default id before it can fail others
        return _group.Read(ids, cancellation);
    }

    static async Task<ILookup<StreamId, RecordedEvent>> ReadWhole(
        NpgsqlDataSource dataSource, EventTypes types, IReadOnlyCollection<StreamId> ids, CancellationToken cancellation)
    {
        var events = ids.Count == 1
            ? await Read(dataSource, types, ReadStream, Range(ids.First(), 1, int.MaxValue), cancellation)
            : await Read(dataSource, types, ReadStreams,
                [new NpgsqlParameter<string[]> { TypedValue = [.. ids.Select(id => id.Value)] }], cancellation);
        return events.ToLookup(e => e.StreamId);
    }

    static NpgsqlParameter[] Range(StreamId id, long fromVersion, int limit) =>
    [
        new NpgsqlParameter<string> { TypedValue = id.Value },
        new NpgsqlParameter<long> { TypedValue = fromVersion },
        new NpgsqlParameter<int> { TypedValue = limit },
    ];

    public static Fetched<TAggregate> Fold<TAggregate, TEvent>(StreamId id, IEnumerable<RecordedEvent> events)
        where TAggregate : IAggregate<TAggregate, TEvent>
        where TEvent : class
    {
        var state = TAggregate.Initial;
        var version = 0L;
        foreach (var recorded in events)
        {
            state = state.Evolve(recorded.Data as TEvent ?? throw new InvalidOperationException(string.Create(
                CultureInfo.InvariantCulture, $"{recorded.Type} in {id} at {recorded.Version} is no {typeof(TEvent).Name}.")));
            version = recorded.Version;
        }

        return new(id, state, version);
    }

    static async Task<IReadOnlyList<RecordedEvent>> Read(
        NpgsqlDataSource dataSource, EventTypes types, string sql, NpgsqlParameter[] parameters, CancellationToken cancellation)
    {
        try
        {
            await using var connection = await Outage.Open(dataSource, cancellation);
            await using var command = new NpgsqlCommand(sql, connection);
            command.Parameters.AddRange(parameters);
            await command.PrepareAsync(cancellation);
            await using var reader = await command.ExecuteReaderAsync(cancellation);
            var events = new List<RecordedEvent>();
            while (await reader.ReadAsync(cancellation)) events.Add(EventRow.Read(reader, types));
            return events;
        }
        catch (Exception failure) when (Outage.Is(failure))
        {
            throw new EventStoreUnavailableException("The event store cannot be read at the moment.", failure);
        }
    }
}
