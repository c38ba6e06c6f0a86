using System.Threading.Channels;
using FleetPlatform.MqttGateway.Sessions;
using MassTransit;

namespace FleetPlatform.MqttGateway.Identity;

/// <summary>
/// Looks live certificates up again when it could not be done at once, or when the bus was away and may have kept something from us.
/// Connections stay as they are until there is an answer: an outage of ours must not cut off a fleet.
/// </summary>
sealed class RecheckCertificates : BackgroundService, IReceiveEndpointObserver
{
    readonly Principals _principals;
    readonly LiveSessions _live;
    readonly TrustedAuthorities _authorities;
    readonly GatewayOptions _options;
    readonly TimeProvider _clock;
    readonly ILogger _log;

    public RecheckCertificates(Principals principals, LiveSessions live, TrustedAuthorities authorities, GatewayOptions options, TimeProvider clock,
        ILogger<RecheckCertificates> log)
    {
        (_principals, _live, _authorities, _options, _clock, _log) = (principals, live, authorities, options, clock, log);
        live.RecheckLater = Later;
    }

    const int Concurrency = 64;
    static readonly TimeSpan Pause = TimeSpan.FromSeconds(1);
    static readonly TimeSpan Together = TimeSpan.FromSeconds(5);
    readonly Channel<string> _later = Channel.CreateUnbounded<string>(); // bounded by the live certificates: each is asked for once at a time
    readonly HashSet<string> _waiting = new(StringComparer.Ordinal);
    readonly Lock _gate = new();
    readonly HashSet<Uri> _endpoints = [];
    long _all;

    /// <summary>Tries again until the registry answers.</summary>
    public void Later(string certificateId)
    {
        lock (_gate)
            if (!_waiting.Add(certificateId)) return;
        _later.Writer.TryWrite(certificateId);
    }

    /// <summary>Messages may have been missed.</summary>
    public void All()
    {
        _principals.ForgetAll();
        _authorities.Forget();
        var certificates = _live.Certificates;
        Log.Rechecking(_log, certificates.Count);
        foreach (var certificateId in certificates) Later(certificateId);
    }

    protected override Task ExecuteAsync(CancellationToken stoppingToken) => Task.WhenAll(
        SweepExpired(stoppingToken), Parallel.ForEachAsync(_later.Reader.ReadAllAsync(stoppingToken),
            new ParallelOptions { MaxDegreeOfParallelism = Concurrency, CancellationToken = stoppingToken }, Recheck))
        .ContinueWith(static _ => { }, CancellationToken.None, TaskContinuationOptions.OnlyOnCanceled, TaskScheduler.Default);

    async ValueTask Recheck(string certificateId, CancellationToken stopping)
    {
        lock (_gate) _waiting.Remove(certificateId);
        if (await _live.Recheck(certificateId, stopping)) return;
        await Task.Delay(Pause, _clock, stopping);
        Later(certificateId);
    }

    async Task SweepExpired(CancellationToken stopping)
    {
        using var timer = new PeriodicTimer(_options.ExpirySweep, _clock);
        while (await timer.WaitForNextTickAsync(stopping)) await _live.CloseExpired(stopping);
    }

    // An endpoint that becomes ready a second time has been away. The others follow within the moment: once for all of them is enough.
    public Task Ready(ReceiveEndpointReady ready)
    {
        lock (_gate)
        {
            if (_endpoints.Add(ready.InputAddress)) return Task.CompletedTask;
            if (_all != 0 && _clock.GetElapsedTime(_all) < Together) return Task.CompletedTask;
            _all = _clock.GetTimestamp();
        }

        All();
        return Task.CompletedTask;
    }

    public Task Faulted(ReceiveEndpointFaulted faulted) => Task.CompletedTask;

    public Task Stopping(ReceiveEndpointStopping stopping) => Task.CompletedTask;

    public Task Completed(ReceiveEndpointCompleted completed) => Task.CompletedTask;
}
