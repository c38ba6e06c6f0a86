namespace FleetPlatform.Events;

public sealed partial class EventStore
{
    const int MaximumRetries = 3;

    /// <summary>One decision on one stream: fetch, fold, decide, append at the version fetched.</summary>
    /// <param name="id">The stream.</param>
    /// <param name="decide">Pure; called again on the newer state when somebody else appended first.</param>
    /// <param name="metadata">Recorded with the events.</param>
    /// <param name="cancellation">Gives up waiting; what is already being committed may be stored all the same.</param>
    /// <returns>The decision, and the state after it.</returns>
    /// <exception cref="ConcurrencyException">Somebody else was faster, three retries included.</exception>
    /// <exception cref="EventStoreUnavailableException">The database did not take or did not confirm the events.</exception>
    public async Task<Written<TAggregate, TEvent>> WriteToAggregate<TAggregate, TEvent>(
        StreamId id, Func<TAggregate, Decision<TEvent>> decide, EventMetadata? metadata = null, CancellationToken cancellation = default)
        where TAggregate : IAggregate<TAggregate, TEvent>
        where TEvent : class
    {
        if (!_gates.IsContended(id))
        {
            try
            {
                return await Attempt(id, decide, metadata, cancellation);
            }
            catch (ConcurrencyException)
            {
                // Again, in line.
            }
        }

        // Contenders of this process wait for each other, so that the retries are for other processes.
        using var turn = await _gates.Enter(id, cancellation);
        for (var retry = 1; ; retry++)
        {
            try
            {
                return await Attempt(id, decide, metadata, cancellation);
            }
            catch (ConcurrencyException) when (retry < MaximumRetries)
            {
            }
        }
    }

    async Task<Written<TAggregate, TEvent>> Attempt<TAggregate, TEvent>(
        StreamId id, Func<TAggregate, Decision<TEvent>> decide, EventMetadata? metadata, CancellationToken cancellation)
        where TAggregate : IAggregate<TAggregate, TEvent>
        where TEvent : class
    {
        var (_, state, version) = await _reader.Fold<TAggregate, TEvent>(id, cancellation);
        var decision = decide(state);
        if (decision.Refusal is not null || decision.Events.Count == 0) return new(decision, state, version);

        var session = OpenSession(metadata);
        session.Append(id, version, decision.Events);
        await session.SaveChangesAsync(cancellation);
        foreach (var @event in decision.Events) state = state.Evolve(@event);
        return new(decision, state, version + decision.Events.Count);
    }
}
