using System.Collections.Concurrent;
using Microsoft.Extensions.Hosting;

namespace FleetPlatform.Events.Tests.Subscribing;

/// <summary>A subscription that remembers what it was told.</summary>
sealed class Recorder(string name = "recorder") : ISubscription
{
    readonly ConcurrentQueue<RecordedEvent> _seen = new();

    public string Name => name;

    public IReadOnlyCollection<Type> IncludedEventTypes { get; init; } = [];

    /// <summary>Throws instead of handling, when it returns an exception.</summary>
    public Func<IReadOnlyList<RecordedEvent>, Exception?> Failure { get; set; } = _ => null;

    public IReadOnlyList<RecordedEvent> Seen => [.. _seen];

    public int Count => _seen.Count;

    public Task Handle(IReadOnlyList<RecordedEvent> batch, CancellationToken cancellation)
    {
        if (Failure(batch) is { } failure) throw failure;
        foreach (var recorded in batch) _seen.Enqueue(recorded);
        return Task.CompletedTask;
    }
}

/// <summary>A started runner, stopped when disposed.</summary>
sealed class Running : IAsyncDisposable
{
    public static readonly SubscriptionOptions Quick = new()
    {
        LeadershipInterval = TimeSpan.FromMilliseconds(50), RetryDelay = TimeSpan.FromMilliseconds(10), PollInterval = TimeSpan.FromSeconds(1),
    };

    Running(SubscriptionRunner runner) => Runner = runner;

    public SubscriptionRunner Runner { get; }

    public static Task<Running> Start(EventStore store, params ISubscription[] subscriptions) => Start(store, Quick, subscriptions);

    public static async Task<Running> Start(EventStore store, SubscriptionOptions options, params ISubscription[] subscriptions)
    {
        var runner = new SubscriptionRunner(store, subscriptions, options);
        await ((IHostedService)runner).StartAsync(CancellationToken.None);
        return new(runner);
    }

    public async ValueTask DisposeAsync()
    {
        await Runner.StopAsync(CancellationToken.None);
        Runner.Dispose();
    }
}
