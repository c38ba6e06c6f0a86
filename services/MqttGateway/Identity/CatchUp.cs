using System.Threading.Channels;
using FleetPlatform.Contracts.Revocation;
using FleetPlatform.ServiceDefaults;
using MassTransit;
using Microsoft.Extensions.Diagnostics.HealthChecks;

namespace FleetPlatform.MqttGateway.Identity;

/// <summary>
/// Learns what was revoked while this gateway could not hear of it: at start, and after the bus was away. Until then nobody is let in;
/// connections that live stay, since an outage of ours must not cut off a fleet.
/// </summary>
sealed class CatchUp : BackgroundService, IReceiveEndpointObserver
{
    static readonly TimeSpan Pause = TimeSpan.FromSeconds(1);

    readonly UntrustedCertificates _untrusted;
    readonly UntrustedTable _table;
    readonly TrustChanges _changes;
    readonly IAsk _ask;
    readonly GatewayOptions _options;
    readonly TimeProvider _clock;
    readonly ILogger _log;
    readonly Channel<IReadOnlyList<CertificateTrustChange>?> _work = Channel.CreateUnbounded<IReadOnlyList<CertificateTrustChange>?>();
    long? _position;
    volatile bool _isAway;
    volatile bool _isStopping;
    long _behindSince;

    public CatchUp(UntrustedCertificates untrusted, UntrustedTable table, TrustChanges changes, IAsk ask, GatewayOptions options, TimeProvider clock, ILogger<CatchUp> log)
    {
        (_untrusted, _table, _changes, _ask, _options, _clock, _log) = (untrusted, table, changes, ask, options, clock, log);
        changes.Keep = kept => _work.Writer.TryWrite(kept);
        _behindSince = clock.GetTimestamp();
    }

    /// <summary>True while connections are admitted on what was kept, because the revocation service does not answer.</summary>
    public bool IsStale { get; private set; }

    // The first try belongs to the start: usually all is known before the first device can connect.
    public override async Task StartAsync(CancellationToken cancellationToken)
    {
        await Retry(async () => _position = await _table.Load(change => _untrusted.Learn(change), cancellationToken), cancellationToken);
        await TryReach(cancellationToken);
        await base.StartAsync(cancellationToken);
    }

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        await WaitAndKeep(_untrusted.IsCurrent ? _options.CatchUpPeriod : Pause, stoppingToken);
        while (!stoppingToken.IsCancellationRequested)
        {
            var reached = await TryReach(stoppingToken);
            await WaitAndKeep(reached ? _options.CatchUpPeriod : Pause, stoppingToken);
        }
    }

    async Task<bool> TryReach(CancellationToken stopping)
    {
        try
        {
            for (var more = true; more;)
            {
                var answer = await _ask.Ask<ListUntrusted, UntrustedListed>(new() { After = _position ?? 0 }, stopping);
                if (answer.Value is not { } page) throw new RequestUnavailableException(answer.Refused!.Detail);
                _changes.Apply(page.Items, kept: true);
                await _table.Save(page.Items, page.Position, stopping);
                _position = page.Position;
                more = page.More;
            }

            if (_isAway) return false;
            if (!_untrusted.IsCurrent) Log.CaughtUp(_log, _untrusted.Count);
            (IsStale, _untrusted.IsCurrent) = (false, true);
            return true;
        }
        catch (Exception failure) when (!stopping.IsCancellationRequested)
        {
            if (!Failures.IsTransient(failure)) Log.CatchUpFailed(_log, failure);
            Postpone(failure);
            return false;
        }
        catch (OperationCanceledException) when (stopping.IsCancellationRequested)
        {
            return false;
        }
    }

    // The bus is there and the revocation service is not: nobody can revoke anything now either, and what was revoked before is kept.
    void Postpone(Exception failure)
    {
        if (_untrusted.IsCurrent || _isAway || _position is null || _clock.GetElapsedTime(Volatile.Read(ref _behindSince)) < _options.CatchUpPatience) return;
        Log.AdmittingOnWhatIsKept(_log, _untrusted.Count, failure.Message);
        (IsStale, _untrusted.IsCurrent) = (true, true);
    }

    async Task WaitAndKeep(TimeSpan time, CancellationToken stopping)
    {
        using var timer = CancellationTokenSource.CreateLinkedTokenSource(stopping);
        timer.CancelAfter(time);
        try
        {
            while (await _work.Reader.WaitToReadAsync(timer.Token))
            {
                var kept = new List<CertificateTrustChange>();
                var again = false;
                while (_work.Reader.TryRead(out var changes))
                {
                    if (changes is null) again = true;
                    else kept.AddRange(changes);
                }

                await Retry(() => _table.Save(kept, position: null, stopping), stopping);
                if (again) return;
            }
        }
        catch (OperationCanceledException)
        {
            // Time to look again, or to stop.
        }
    }

    async Task Retry(Func<Task> act, CancellationToken stopping)
    {
        while (!stopping.IsCancellationRequested)
        {
            try
            {
                await act();
                return;
            }
            catch (Exception failure) when (!stopping.IsCancellationRequested)
            {
                Log.NotKept(_log, failure.Message, Failures.IsTransient(failure) ? null : failure);
                await Task.Delay(Pause, _clock, stopping).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
            }
        }
    }

    /// <summary>The bus is gone: what is revoked from now on is not heard of here.</summary>
    public void LoseSight()
    {
        if (_isAway) return;
        _isAway = true;
        Volatile.Write(ref _behindSince, _clock.GetTimestamp());
        _untrusted.IsCurrent = false;
        Log.LostSight(_log);
    }

    /// <summary>The bus is back.</summary>
    public void SeeAgain()
    {
        if (!_isAway) return;
        Volatile.Write(ref _behindSince, _clock.GetTimestamp());
        _isAway = false;
        _work.Writer.TryWrite(null);
    }

    // Only the endpoint that hears of revocations counts: its queue must be there before they are asked for.
    static bool IsOurs(Uri address) => address.AbsolutePath.Contains("trust-changed", StringComparison.Ordinal);

    public Task Ready(ReceiveEndpointReady ready)
    {
        if (IsOurs(ready.InputAddress)) SeeAgain();
        return Task.CompletedTask;
    }

    public Task Faulted(ReceiveEndpointFaulted faulted)
    {
        if (IsOurs(faulted.InputAddress)) LoseSight();
        return Task.CompletedTask;
    }

    public Task Stopping(ReceiveEndpointStopping stopping)
    {
        _isStopping = true;
        return Task.CompletedTask;
    }

    // It hears nothing any more: the connection to the bus was lost, unless we end it ourselves.
    public Task Completed(ReceiveEndpointCompleted completed)
    {
        if (!_isStopping && IsOurs(completed.InputAddress)) LoseSight();
        return Task.CompletedTask;
    }
}

/// <summary>Says whether this gateway knows all that is revoked. One that lets nobody in is not to be sent anybody: devices would be told to come back.</summary>
sealed class CatchUpHealth(UntrustedCertificates untrusted, CatchUp catchUp) : IHealthCheck
{
    public Task<HealthCheckResult> CheckHealthAsync(HealthCheckContext context, CancellationToken cancellationToken = default) => Task.FromResult(
        !untrusted.IsCurrent ? HealthCheckResult.Unhealthy("Nobody is let in: what was revoked meanwhile is not known yet.")
        : catchUp.IsStale ? HealthCheckResult.Degraded("The revocation service does not answer; what was kept decides.")
        : HealthCheckResult.Healthy());
}

/// <summary>Says regularly that this gateway is there, so that receipts know whom to wait for.</summary>
sealed class AnnounceGateway(IBus bus, GatewayOptions options, TimeProvider clock) : BackgroundService
{
    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        using var timer = new PeriodicTimer(options.PresencePeriod, clock);
        do
        {
            await bus.PublishInTime(new GatewayPresent { GatewayName = options.Place }, stoppingToken).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        }
        while (await timer.WaitForNextTickAsync(stoppingToken));
    }
}
