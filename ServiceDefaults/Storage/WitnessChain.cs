using System.Diagnostics.Metrics;
using FleetPlatform.Contracts.CertificateAuthority;
using FleetPlatform.Events;
using Microsoft.Extensions.Diagnostics.HealthChecks;
using Microsoft.Extensions.Logging;

namespace FleetPlatform.ServiceDefaults;

/// <summary>
/// Has the end of the hash chain over this store's events signed by the authority, again and again, after it has followed the chain from the end that was signed before. So a chain that was
/// written anew is noticed within one period, by a service that remembers nothing and an authority that has seen no event.
/// </summary>
sealed class WitnessChain : WorkLoop
{
    readonly ChainVerifier _verifier;
    readonly IAsk _ask;
    readonly string _store;
    readonly StorageOptions _options;
    readonly ILogger _log;
    readonly Counter<long> _breaks;
    ChainHead _witnessed = ChainHead.Origin;

    public WitnessChain(ChainVerifier verifier, IAsk ask, FleetService service, StorageOptions options, TimeProvider clock, ILogger<WitnessChain> log)
        : base(clock)
    {
        (_verifier, _ask, _store, _options, _log) = (verifier, ask, service.Name, options, log);
        _breaks = service.Meter.CreateCounter<long>("fleet.eventstore.chain_breaks", "{turn}", "Turns in which the hash chain over events did not go on from the end that was witnessed. An alarm.");
    }

    /// <summary>What does not agree; null when all does, or nothing is known yet.</summary>
    public string? Fault { get; private set; }

    protected override TimeSpan Pause => _options.WitnessPeriod;

    /// <summary>Has the chain signed up to where it ends now.</summary>
    public async Task Turn(CancellationToken cancellation)
    {
        if (Fault is null && await _verifier.FindHead(cancellation) == _witnessed) return;
        var last = Read(await _ask.Ask<FindWitnessedHead, WitnessedHead>(new() { Store = _store }, cancellation));
        if (await _verifier.Follow(last, cancellation) is not { } head)
        {
            _breaks.Add(1);
            Fault = $"The hash chain over events does not run through seal {last.Seal}, which the authority has witnessed: it was written anew or cut off, or a backup is older.";
            Log.ChainBroken(_log, last.Seal, last.Hash);
            return;
        }

        if (head.Seal > last.Seal)
            last = Read(await _ask.Ask<WitnessHead, WitnessedHead>(new()
            {
                Store = _store, Seal = head.Seal, Hash = Convert.FromHexString(head.Hash), FormerSeal = last.Seal, FormerHash = Convert.FromHexString(last.Hash),
            }, cancellation));
        Fault = null;
        if (last.Seal == head.Seal) _witnessed = head; // another replica may have been faster with less
    }

    protected override Task Look(CancellationToken stopping) => Turn(stopping);

    protected override void Postpone(Exception failure) => Log.NotWitnessed(_log, failure.Message);

    static ChainHead Read(Answer<WitnessedHead> answer) => answer.Value is { } head ? new(head.Seal, 0, Convert.ToHexStringLower(head.Hash)) : throw new RequestUnavailableException(answer.Refused!.Detail);
}

/// <summary>Degraded while the chain is not the one that was witnessed.</summary>
sealed class WitnessHealth(WitnessChain chain) : IHealthCheck
{
    public Task<HealthCheckResult> CheckHealthAsync(HealthCheckContext context, CancellationToken cancellationToken = default) =>
        Task.FromResult(chain.Fault is { } fault ? HealthCheckResult.Degraded(fault) : HealthCheckResult.Healthy());
}
