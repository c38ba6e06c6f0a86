using Command = FleetPlatform.Contracts.ThingRegistry.ChangeCertificateStatus;

namespace FleetPlatform.ThingRegistry.Principals;

/// <summary>
/// Activates, deactivates or revokes. Revoked is final; pending is not a status anyone can give. The proof of a revocation is the
/// revocation service's: the control plane asks it first, and this records that the registration follows.
/// </summary>
static class ChangeCertificateStatus
{
    public static Decision<PrincipalEvent> Decide(Command command, Principal principal, DateTimeOffset now)
    {
        if (!principal.Exists) return Principal.Missing(command.CertificateId);
        if (command.Status == CertificateStatus.PendingActivation)
            return new Refusal(Reasons.CertificateState.Code, "PENDING_ACTIVATION cannot be set.");

        var status = command.Status.ToRecorded();
        if (principal.HeldFrom is not null && status == PrincipalStatus.Active)
            return new Refusal(Reasons.CertificateState.Code, "The certificate is on hold: reinstate it.");
        if (principal.Status == status) return Decision<PrincipalEvent>.Nothing;
        if (principal.Status == PrincipalStatus.Revoked)
            return new Refusal(Reasons.CertificateState.Code, "The certificate was revoked; that is final.");

        return status == PrincipalStatus.Revoked ? new PrincipalRevoked(principal.Status, now) : new StatusChanged(status, now);
    }

    public static Task<Written<Principal, PrincipalEvent>> Handle(Command command, Registry registry, CancellationToken cancellation) =>
        registry.WritePrincipal(command.CertificateId, command.RequestedBy, principal => Decide(command, principal, registry.Now), cancellation);
}

sealed class ChangeCertificateStatusConsumer(Registry registry) : IConsumer<Command>
{
    public async Task Consume(ConsumeContext<Command> context) => await context.Answer(
        await ChangeCertificateStatus.Handle(context.Message, registry, context.CancellationToken),
        principal => principal.Describe(context.Message.CertificateId));
}

/// <summary>Of one batch, committed together.</summary>
sealed class ChangeCertificateStatusesConsumer(Registry registry) : IConsumer<ChangeCertificateStatuses>
{
    public Task Consume(ConsumeContext<ChangeCertificateStatuses> context) =>
        context.AnswerEach<Command, ChangeCertificateStatusAnswer, ChangeCertificateStatusesAnswer>(
            async item => new() { Refused = (await ChangeCertificateStatus.Handle(item, registry, context.CancellationToken)).Refusal?.ToRefused() },
            refused => new() { Refused = refused });
}
