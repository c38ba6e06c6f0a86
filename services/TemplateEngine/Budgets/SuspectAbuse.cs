using System.Diagnostics.Metrics;
using FleetPlatform.Contracts.CertificateAuthority;
using FleetPlatform.ServiceDefaults;
using MassTransit;

namespace FleetPlatform.TemplateEngine.Budgets;

/// <summary>Records what looks wrong with a claim, tells the log and counts it. It refuses nothing: that is the operator's to judge.</summary>
sealed class SuspectAbuse(EventStore store, FleetService service, ILogger<SuspectAbuse> log)
{
    readonly Counter<long> _signals = service.Meter.CreateCounter<long>("fleet.claim.signals", "{signal}", "Signals of abuse recorded of claims, by signal.");

    /// <summary>What is found is told at least once: what the record ends with is not told again.</summary>
    public static Decision<ClaimEvent> Decide(IReadOnlyList<AbuseSuspected> signals, Claim claim) =>
        Decision<ClaimEvent>.Of([.. signals.Where(signal => claim.LastSuspected.GetValueOrDefault(signal.Signal) != signal.FlowId)]);

    /// <param name="signals">Of one claim, each kind at most once for a flow.</param>
    public async Task Handle(string claimId, IReadOnlyList<AbuseSuspected> signals, CancellationToken cancellation)
    {
        var written = await store.WriteToAggregate<Claim, ClaimEvent>(
            Claim.Stream(claimId), claim => Decide(signals, claim), new() { CorrelationId = signals[^1].FlowId, Actor = claimId }, cancellation);
        foreach (var told in written.Decision.Events.OfType<AbuseSuspected>())
        {
            _signals.Add(told.Times, new KeyValuePair<string, object?>("fleet.signal", told.Signal));
            Log.ClaimSuspected(log, claimId, told.Signal, told.Times, told.Detail);
        }
    }
}

/// <summary>The authority refused a claim a certificate on a key that is another device's, or in other hands.</summary>
sealed class KeyReuseRefusedConsumer(SuspectAbuse suspect) : IConsumer<KeyReuseRefused>
{
    public async Task Consume(ConsumeContext<KeyReuseRefused> context)
    {
        foreach (var claim in context.Message.Items.Where(item => Claim.RefuseId(item.RequestedBy) is null).GroupBy(item => item.RequestedBy, StringComparer.Ordinal))
            await suspect.Handle(claim.Key, [Suspected([.. claim])], context.CancellationToken);
    }

    static AbuseSuspected Suspected(IReadOnlyList<RefusedKey> refused) => new(AbuseSuspected.KeyReuse,
        refused[^1].Code == Reasons.KeyCompromised.Code ? "a certificate was asked for on a key that is in other hands" : "a certificate was asked for on a key that another device has",
        refused[^1].FlowId, CertificateId: null, refused[^1].At, refused.Count);
}
