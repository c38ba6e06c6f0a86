namespace FleetPlatform.Events;

/// <summary>Something that is told the events of the store, at least once, in an order that keeps each stream's.</summary>
/// <remarks>One process at a time handles a subscription, whatever the number of replicas.</remarks>
public interface ISubscription
{
    /// <summary>Names its checkpoint for ever, for example <c>revocation.publish</c>. Another name starts from the first event.</summary>
    string Name { get; }

    /// <summary>
    /// The types of event it is told; the body of another is not even read. A base type stands for all that derive from it, and what is stored under an older name for
    /// the type it is upcast to. Empty, as unless said otherwise: every event.
    /// </summary>
    IReadOnlyCollection<Type> IncludedEventTypes => [];

    /// <summary>Handles 1 to 256 events. They count as handled when it returns; when it throws, they come again after a pause, alone first.</summary>
    /// <param name="batch">In order.</param>
    /// <param name="cancellation">The service stops, or the leadership is lost.</param>
    Task Handle(IReadOnlyList<RecordedEvent> batch, CancellationToken cancellation);
}

/// <summary>How subscriptions are run.</summary>
public sealed class SubscriptionOptions
{
    /// <summary>Most events handled at once, 1 to 10,000. Default 256.</summary>
    public int BatchSize { get; set; } = 256;

    /// <summary>Shortest time between two reads while events keep coming; the first event after a rest is read at once. Default 100 ms.</summary>
    public TimeSpan Pace { get; set; } = TimeSpan.FromMilliseconds(100);

    /// <summary>Longest time without looking, should an announcement be lost. Default 2 seconds.</summary>
    public TimeSpan PollInterval { get; set; } = TimeSpan.FromSeconds(2);

    /// <summary>How often a replica asks whether a subscription has lost its leader. Default 1 second.</summary>
    public TimeSpan LeadershipInterval { get; set; } = TimeSpan.FromSeconds(1);

    /// <summary>First pause after a failure; doubled up to <see cref="MaximumRetryDelay"/>. Default 100 ms.</summary>
    public TimeSpan RetryDelay { get; set; } = TimeSpan.FromMilliseconds(100);

    /// <summary>Longest pause after a failure. Default 30 seconds.</summary>
    public TimeSpan MaximumRetryDelay { get; set; } = TimeSpan.FromSeconds(30);
}
