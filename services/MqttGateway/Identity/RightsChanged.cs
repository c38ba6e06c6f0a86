using FleetPlatform.Contracts;
using FleetPlatform.Contracts.Revocation;
using FleetPlatform.Contracts.ThingRegistry;
using FleetPlatform.MqttGateway.Sessions;
using FleetPlatform.ServiceDefaults;
using MassTransit;

namespace FleetPlatform.MqttGateway.Identity;

/// <summary>What the registry decides about certificates has changed: forget, and look again where one is connected.</summary>
sealed class PrincipalsChangedConsumer(Principals principals, LiveSessions live, RecheckCertificates recheck) : IConsumer<PrincipalsChanged>
{
    public Task Consume(ConsumeContext<PrincipalsChanged> context) => Handle(context.Message, context.CancellationToken);

    public async Task Handle(PrincipalsChanged changed, CancellationToken cancellation)
    {
        foreach (var certificateId in changed.CertificateIds) principals.Forget(certificateId);
        foreach (var certificateId in changed.CertificateIds)
            if (!await live.Recheck(certificateId, cancellation)) recheck.Later(certificateId);
    }
}

/// <summary>A policy says something else now.</summary>
sealed class PolicyChangedConsumer(Principals principals, LiveSessions live) : IConsumer<PolicyChanged>
{
    public Task Consume(ConsumeContext<PolicyChanged> context) => Handle(context.Message, context.CancellationToken);

    public async Task Handle(PolicyChanged changed, CancellationToken cancellation)
    {
        foreach (var certificateId in principals.ChangePolicy(changed)) await live.Recheck(certificateId, cancellation);
    }
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
