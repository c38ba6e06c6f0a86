using Command = FleetPlatform.Contracts.ThingRegistry.DeleteCertificate;

namespace FleetPlatform.ThingRegistry.Principals;

/// <summary>Deletes a certificate that is not active, attached to no thing, and, unless forced, has no policies.</summary>
static class DeleteCertificate
{
    public static Decision<PrincipalEvent> Decide(Command command, Principal principal, DateTimeOffset now)
    {
        if (!principal.Exists) return Principal.Missing(command.CertificateId);
        if (principal.Status == PrincipalStatus.Active)
            return new Refusal(Reasons.CertificateState.Code, "The certificate is ACTIVE; deactivate or revoke it first.");
        if (principal.Things.Count > 0)
            return new Refusal(Reasons.DeleteConflict.Code, $"The certificate is attached to thing {principal.Things[0].ThingName}; detach it first.");

        return principal.Policies.Count > 0 && !command.Force
            ? new Refusal(Reasons.DeleteConflict.Code, $"Policy {principal.Policies[0].PolicyName} is attached to the certificate; detach it first, or force the delete.")
            : new PrincipalDeleted(now);
    }

    public static Task<Written<Principal, PrincipalEvent>> Handle(Command command, Registry registry, CancellationToken cancellation) =>
        registry.WritePrincipal(command.CertificateId, command.RequestedBy, principal => Decide(command, principal, registry.Now), cancellation);
}

sealed class DeleteCertificateConsumer(Registry registry) : IConsumer<Command>
{
    public async Task Consume(ConsumeContext<Command> context) =>
        await context.Done((await DeleteCertificate.Handle(context.Message, registry, context.CancellationToken)).Refusal);
}
