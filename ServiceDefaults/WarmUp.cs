using Microsoft.Extensions.Diagnostics.HealthChecks;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;

namespace FleetPlatform.ServiceDefaults;

/// <summary>
/// Goes the way of a request once, without any effect, before the service says that it is ready: the first device after a start would wait a second for the
/// just-in-time compiler otherwise.
/// </summary>
public interface IWarmUp
{
    /// <summary>What it throws is no harm: then the first request warms up.</summary>
    Task WarmUp(CancellationToken cancellation);
}

/// <summary>Warms the service up when its bus has started; until then, and no longer than <see cref="MessagingOptions.WarmUpTimeout"/>, it is not healthy.</summary>
sealed class WarmingUp(IEnumerable<IWarmUp> steps, MessagingOptions options, TimeProvider clock, ILogger<WarmingUp> log) : BackgroundService, IHealthCheck
{
    volatile bool _done;

    public Task<HealthCheckResult> CheckHealthAsync(HealthCheckContext context, CancellationToken cancellationToken = default) =>
        Task.FromResult(_done ? HealthCheckResult.Healthy() : HealthCheckResult.Unhealthy("Warming up."));

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        using var limited = CancellationTokenSource.CreateLinkedTokenSource(stoppingToken);
        limited.CancelAfter(options.WarmUpTimeout);
        var began = clock.GetTimestamp();
        foreach (var step in options.WarmUpTimeout > TimeSpan.Zero ? steps : [])
        {
            try
            {
                await step.WarmUp(limited.Token).WaitAsync(limited.Token);
            }
            catch (Exception failure) when (!stoppingToken.IsCancellationRequested)
            {
                Log.NotWarmedUp(log, step.GetType().Name, failure.GetType().Name);
            }
        }

        _done = true;
        Log.WarmedUp(log, (long)clock.GetElapsedTime(began).TotalMilliseconds);
    }
}

/// <summary>Reads from the event store and commits nothing to it, and asks the service itself over the bus.</summary>
sealed class WarmStoreAndBus(IAsk ask, FleetService service, Events.EventStore store) : IWarmUp
{
    public async Task WarmUp(CancellationToken cancellation)
    {
        await store.WarmUpAsync(cancellation);
        await ask.AskService<Contracts.ReadStream, Contracts.StreamRead>(service.Name, new() { StreamId = "warm-up", FromVersion = 1 }, cancellation);
    }
}
