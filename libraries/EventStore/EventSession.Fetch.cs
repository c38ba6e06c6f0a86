namespace FleetPlatform.Events;

public sealed partial class EventSession
{
    /// <summary>Folds a stream and remembers its version, so that what is appended to it is appended to exactly that.</summary>
    /// <exception cref="EventStoreUnavailableException">The database cannot be reached.</exception>
    public async Task<EventStream<TAggregate>> FetchForWriting<TAggregate, TEvent>(StreamId id, CancellationToken cancellation = default)
        where TAggregate : IAggregate<TAggregate, TEvent>
        where TEvent : class =>
        new(this, await _store.Reader.Fold<TAggregate, TEvent>(id, cancellation));

    /// <summary>Folds several streams of one kind in one round trip.</summary>
    /// <returns>One entry per id, in the order asked.</returns>
    /// <exception cref="EventStoreUnavailableException">The database cannot be reached.</exception>
    public async Task<IReadOnlyList<EventStream<TAggregate>>> FetchManyForWriting<TAggregate, TEvent>(
        IReadOnlyList<StreamId> ids, CancellationToken cancellation = default)
        where TAggregate : IAggregate<TAggregate, TEvent>
        where TEvent : class =>
        [.. (await _store.Reader.Fold<TAggregate, TEvent>(ids, cancellation)).Select(fetched => new EventStream<TAggregate>(this, fetched))];
}

/// <summary>A stream fetched for writing.</summary>
public sealed class EventStream<TAggregate>
{
    readonly EventSession _session;

    internal EventStream(EventSession session, Fetched<TAggregate> fetched) =>
        (_session, Id, Aggregate, Version, Next) = (session, fetched.Id, fetched.Aggregate, fetched.Version, fetched.Version);

    public StreamId Id { get; }

    /// <summary>The state as fetched; what is appended here does not change it.</summary>
    public TAggregate Aggregate { get; }

    /// <summary>The version fetched; 0 when the stream does not exist.</summary>
    public long Version { get; }

    long Next { get; set; }

    /// <summary>Appends events when the session is saved. None is allowed and does nothing.</summary>
    public void Append(params IReadOnlyList<object> events)
    {
        if (events.Count == 0) return;
        _session.Append(Id, Next, events);
        Next += events.Count;
    }
}
