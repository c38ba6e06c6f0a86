using FleetPlatform.Events;
using FleetPlatform.RotationScheduler.Alerts;
using FleetPlatform.RotationScheduler.Campaigns;
using FleetPlatform.RotationScheduler.Rotations;
using FleetPlatform.ServiceDefaults;

namespace FleetPlatform.RotationScheduler.Schedule;

/// <summary>
/// The only timer of this service. Replicas may run it side by side: what is decided twice is recorded once. A turn that fails is made
/// again; what it had done is on record.
/// </summary>
sealed class RotationClock(
    RotationTurn turn, ExpiryAlerts alerts, RotationSchedulerOptions options, TimeProvider clock, ILogger<RotationClock> log) : BackgroundService
{
    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        using var timer = new PeriodicTimer(options.Period, clock);
        var alertedAt = DateTimeOffset.MinValue;
        while (await timer.WaitForNextTickAsync(stoppingToken))
        {
            try
            {
                await turn.Handle(stoppingToken);
                var now = clock.GetUtcNow();
                if ((now - alertedAt).Duration() < options.ExpiryAlertPeriod) continue;
                await alerts.Handle(stoppingToken);
                alertedAt = now;
            }
            catch (Exception failure) when (!stoppingToken.IsCancellationRequested)
            {
                Log.TurnPostponed(log, failure.GetType().Name, failure.Message, Failures.IsTransient(failure) ? null : failure);
            }
        }
    }
}

/// <summary>One turn: every rotation whose time has come goes on, then what is due begins.</summary>
sealed class RotationTurn(
    EventStore store, RotationsTable table, RotationWork work, CampaignWork campaigns, DueRotations due, RotationMetrics metrics,
    RotationSchedulerOptions options, TimeProvider clock, ILogger<RotationTurn> log)
{
    public async Task Handle(CancellationToken cancellation)
    {
        var waiting = await table.Due(clock.GetUtcNow(), options.StepsPerTurn, cancellation);
        await GoOn(waiting, cancellation);
        var unproven = await CountUnproven(cancellation);
        var begun = await campaigns.Handle(options.MaximumUnproven - unproven, cancellation);
        begun += await due.Handle(options.MaximumUnproven - unproven - begun, cancellation);
        metrics.Turned(unproven + begun);
    }

    Task GoOn(IReadOnlyList<(string Thing, int Number)> waiting, CancellationToken cancellation) => Concurrently.Each(waiting, async rotation =>
    {
        try
        {
            await work.Handle(rotation.Thing, rotation.Number, cancellation);
        }
        catch (Exception failure) when (!cancellation.IsCancellationRequested)
        {
            Log.RotationPostponed(log, rotation.Thing, rotation.Number, failure.Message, Failures.IsTransient(failure) ? null : failure); // one that cannot go on must not keep the others
        }
    }, cancellation);

    async Task<int> CountUnproven(CancellationToken cancellation)
    {
        await using var command = store.DataSource.CreateCommand("select count(*)::int from fleet_rotations where ended_at is null and proven_at is null");
        return (int)(await command.ExecuteScalarAsync(cancellation))!;
    }
}
