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

    public Task Handle(PolicyChanged changed, CancellationToken cancellation) =>
        Task.WhenAll(principals.ChangePolicy(changed).Select(certificateId => live.RecheckOrLater(certificateId, cancellation)));
}

/// <summary>A certificate is revoked: whoever is connected with it is cut off now, without asking anyone.</summary>
sealed class CertificateRevokedConsumer(Principals principals, LiveSessions live) : IConsumer<CertificateRevoked>
{
    public Task Consume(ConsumeContext<CertificateRevoked> context)
    {
        Handle(context.Message);
        return Task.CompletedTask;
    }

    public void Handle(CertificateRevoked revoked)
    {
        principals.Revoke(revoked.CertificateId);
        live.Drop(revoked.CertificateId, Reasons.CertificateNotActive.ToRefused($"The certificate was revoked: {revoked.Reason}."));
    }
}
