using FleetPlatform.Events.Subscriptions;
using FleetPlatform.Events.Writing;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Logging.Abstractions;

namespace FleetPlatform.Events;

/// <summary>Runs a service's subscriptions while the service runs. The schema must be there first (<see cref="EventStore.EnsureSchemaAsync"/>).</summary>
public sealed class SubscriptionRunner : BackgroundService
{
    readonly EventStore _store;
    readonly ILogger _logger;
    readonly List<SubscriptionLoop> _loops;

    /// <exception cref="ArgumentException">Two subscriptions have the same name.</exception>
    public SubscriptionRunner(
        EventStore store, IEnumerable<ISubscription> subscriptions, SubscriptionOptions? options = null, ILogger<SubscriptionRunner>? logger = null)
    {
        _store = store;
        _logger = logger ?? NullLogger<SubscriptionRunner>.Instance;
        _loops = [.. subscriptions.Select(subscription => new SubscriptionLoop(store, subscription, options ?? new(), _logger))];
        if (_loops.GroupBy(loop => loop.Name, StringComparer.Ordinal).FirstOrDefault(named => named.Count() > 1) is { } twice)
            throw new ArgumentException($"Two subscriptions are named \"{twice.Key}\".", nameof(subscriptions));
    }

    /// <summary>Names of the subscriptions that this process handles at the moment.</summary>
    public IReadOnlyList<string> Led => [.. _loops.Where(loop => loop.Leads).Select(loop => loop.Name)];

    /// <summary>How far behind each subscription is, whoever leads it.</summary>
    /// <exception cref="EventStoreUnavailableException">The database cannot be reached.</exception>
    public Task<IReadOnlyList<SubscriptionLag>> FindLags(CancellationToken cancellation = default) =>
        Lag.Find(_store, [.. _loops.Select(loop => loop.Name)], cancellation);

    public override void Dispose()
    {
        base.Dispose();
        foreach (var loop in _loops) loop.Dispose();
    }

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        if (_loops.Count == 0) return;
        _store.Commits.AllLedHere = () => _loops.TrueForAll(loop => loop.Leads);
        try
        {
            await Task.WhenAll(_loops.Select(loop => Task.Run(() => loop.Run(stoppingToken), CancellationToken.None)).Append(Listen(stoppingToken)));
        }
        finally
        {
            _store.Commits.AllLedHere = () => false;
        }
    }

    // What other processes commit; what this one commits rings at once, without the detour.
    async Task Listen(CancellationToken stopping)
    {
        while (!stopping.IsCancellationRequested)
        {
            try
            {
                await CommitSignal.ListenForOthers(_store, stopping);
            }
            catch (OperationCanceledException) when (stopping.IsCancellationRequested)
            {
                return;
            }
            catch (Exception failure) when (Outage.Is(failure))
            {
                SubscriptionLog.NotListening(_logger, failure);
                await Task.Delay(TimeSpan.FromSeconds(1), stopping).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
            }
        }
    }
}
