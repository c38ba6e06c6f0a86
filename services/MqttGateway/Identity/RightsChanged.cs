using FleetPlatform.Contracts;
using FleetPlatform.Contracts.Revocation;
using FleetPlatform.Contracts.ThingRegistry;
using FleetPlatform.MqttGateway.Sessions;
using FleetPlatform.ServiceDefaults;
using MassTransit;

namespace FleetPlatform.MqttGateway.Identity;

/// <summary>What the registry decides about certificates has changed: forget, and look again where one is connected.</summary>
sealed class PrincipalsChangedConsumer(Principals principals, LiveSessions live) : IConsumer<PrincipalsChanged>
{
    public Task Consume(ConsumeContext<PrincipalsChanged> context) => Handle(context.Message, context.CancellationToken);

    public async Task Handle(PrincipalsChanged changed, CancellationToken cancellation)
    {
        foreach (var certificateId in changed.CertificateIds) principals.Forget(certificateId);
        await Task.WhenAll(changed.CertificateIds.Select(certificateId => live.RecheckOrLater(certificateId, cancellation)));
    }
}

/// <summary>A policy says something else now.</summary>
sealed class PolicyChangedConsumer(Principals principals, LiveSessions live) : IConsumer<PolicyChanged>
{
    public Task Consume(ConsumeContext<PolicyChanged> context) => Handle(context.Message, context.CancellationToken);

    public Task Handle(PolicyChanged changed, CancellationToken cancellation)
    {
        principals.ChangePolicy(changed);
        return Task.WhenAll(live.CertificatesUnder(changed.PolicyName).Select(certificateId => live.RecheckOrLater(certificateId, cancellation)));
    }
}

/// <summary>
/// Certificates are not trusted any more, or are again: whoever is connected with one is cut off now, without asking anyone, and what was
/// done is reported for the receipt.
/// </summary>
sealed class TrustChangedConsumer(TrustChanges changes, GatewayOptions options, TimeProvider clock) : IConsumer<TrustChanged>
{
    public Task Consume(ConsumeContext<TrustChanged> context)
    {
        var closed = changes.Apply(context.Message.Items);
        return context.PublishInTime(new TrustChangeApplied
        {
            By = options.Place,
            At = clock.GetUtcNow(),
            Items = [.. context.Message.Items.Zip(closed, (item, sessions) =>
                new AppliedTrustChange { CertificateId = item.CertificateId, Version = item.Version, SessionsClosed = sessions })],
        }, context.CancellationToken);
    }
}

/// <summary>Somebody wants to know what an order would cut off.</summary>
sealed class CountSessionsConsumer(LiveSessions live, GatewayOptions options) : IConsumer<CountSessions>
{
    public Task Consume(ConsumeContext<CountSessions> context) => context.PublishInTime(new SessionsCounted
    {
        QuestionId = context.Message.QuestionId, GatewayName = options.Place, LiveSessions = live.CountOf(context.Message.CertificateIds),
    }, context.CancellationToken);
}
