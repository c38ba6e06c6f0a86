using FleetPlatform.Events.Writing;

namespace FleetPlatform.Events;

public sealed partial class EventStore
{
    /// <summary>
    /// Goes the ways of reads, of a decision and of a commit once, with nothing to read, to decide and to commit, so that the first session does not wait for them to be
    /// compiled.
    /// </summary>
    /// <exception cref="EventStoreUnavailableException">The database cannot be reached.</exception>
    public async Task WarmUpAsync(CancellationToken cancellation = default)
    {
        var nobodys = StreamId.Of("warm", "up");
        await FetchStreamAsync(nobodys, cancellation: cancellation);
        await WriteToAggregate<Nothing, object>(nobodys, _ => Decision<object>.Nothing, cancellation: cancellation);
        await OpenSession().FetchManyForWriting<Nothing, object>([nobodys], cancellation);
        await _commits.Save(PendingAppend.Prepare([], EventMetadata.None, this), cancellation);
    }

    sealed record Nothing : IAggregate<Nothing, object>
    {
        public static Nothing Initial { get; } = new();

        public Nothing Evolve(object @event) => this;
    }
}
