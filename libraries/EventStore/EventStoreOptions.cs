namespace FleetPlatform.Events;

/// <summary>What a store is told once, at start.</summary>
public sealed class EventStoreOptions
{
    /// <summary>Every event the service records.</summary>
    public EventTypes EventTypes { get; set; } = new();

    /// <summary>Read tables kept up to date by the appending transaction, run in this order.</summary>
    public IList<IInlineProjection> InlineProjections { get; } = [];

    /// <summary>Most sessions committed by one transaction, 1 to 1,024. Default 128.</summary>
    public int MaximumBatchSessions { get; set; } = 128;

    /// <summary>Most sessions waiting to be committed; more are refused with <see cref="EventStoreUnavailableException"/>. Default 4,096.</summary>
    public int MaximumQueuedSessions { get; set; } = 4096;

    /// <summary>Most events in one session. Default 1,000.</summary>
    public int MaximumSessionEvents { get; set; } = 1000;

    /// <summary>Largest body of one event, in UTF-16 characters of JSON. Default 1,048,576.</summary>
    public int MaximumEventLength { get; set; } = 1 << 20;

    /// <summary>Connections that commit in parallel, 1 to 8. Default 1: more of them make smaller groups.</summary>
    public int Writers { get; set; } = 1;

    /// <summary>Longest time a session waits to be committed before it is refused. Default 10 seconds.</summary>
    public TimeSpan SaveTimeout { get; set; } = TimeSpan.FromSeconds(10);

    /// <summary>Longest time for one statement of the store's writers, and for opening their connection. Default 5 seconds.</summary>
    public TimeSpan CommandTimeout { get; set; } = TimeSpan.FromSeconds(5);

    /// <summary>
    /// Whether commits are announced to other processes by NOTIFY, so that a subscription led by another replica wakes at once (it polls
    /// otherwise). Nothing is announced while this process leads all its own subscriptions. Default true.
    /// </summary>
    public bool AnnounceCommits { get; set; } = true;
}
