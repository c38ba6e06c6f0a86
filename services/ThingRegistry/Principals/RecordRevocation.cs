using FleetPlatform.Contracts.Revocation;

namespace FleetPlatform.ThingRegistry.Principals;

/// <summary>
/// News of a revocation: the registration follows. Also for a certificate nobody has told us of yet, so that a revocation which
/// overtakes the news of the issuance stands.
/// </summary>
static class RecordRevocation
{
    public static Decision<PrincipalEvent> Decide(CertificateRevoked revoked, Principal principal) =>
        principal.WasRevoked
            ? Decision<PrincipalEvent>.Nothing
            : new PrincipalRevoked(principal.Status, revoked.RevokedAt);

    public static Task<Written<Principal, PrincipalEvent>> Handle(CertificateRevoked revoked, Registry registry, CancellationToken cancellation) =>
        registry.WritePrincipal(revoked.CertificateId, "revocation", principal => Decide(revoked, principal), cancellation);
}

sealed class CertificateRevokedConsumer(Registry registry) : IConsumer<CertificateRevoked>
{
    public Task Consume(ConsumeContext<CertificateRevoked> context) =>
        RecordRevocation.Handle(context.Message, registry, context.CancellationToken);
}
