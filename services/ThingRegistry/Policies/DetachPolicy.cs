using FleetPlatform.ThingRegistry.Groups;
using FleetPlatform.ThingRegistry.Principals;
using Command = FleetPlatform.Contracts.ThingRegistry.DetachPolicy;

namespace FleetPlatform.ThingRegistry.Policies;

/// <summary>Detaches a policy from a certificate or a thing group. What is not attached stays so, and that is no error.</summary>
static class DetachPolicy
{
    public static Decision<PrincipalEvent> Decide(Command command, Principal principal, DateTimeOffset now)
    {
        if (!principal.Exists) return Principal.Missing(command.Target.CertificateId!);
        return principal.Policies.Any(policy => policy.PolicyName == command.PolicyName)
            ? new PolicyDetached(command.PolicyName, now)
            : Decision<PrincipalEvent>.Nothing;
    }

    public static Decision<ThingGroupEvent> Decide(Command command, ThingGroup group, DateTimeOffset now)
    {
        if (!group.Exists) return ThingGroup.Missing(command.Target.ThingGroupName!);
        return group.Policies.Any(policy => policy.PolicyName == command.PolicyName)
            ? new GroupPolicyDetached(command.PolicyName, now)
            : Decision<ThingGroupEvent>.Nothing;
    }

    public static async Task<Refusal?> Handle(Command command, Registry registry, CancellationToken cancellation) => command.Target switch
    {
        { CertificateId: { } certificate, ThingGroupName: null } => (await registry.WritePrincipal(certificate, command.RequestedBy,
            principal => Decide(command, principal, registry.Now), cancellation)).Refusal,
        { CertificateId: null, ThingGroupName: { } name } => (await registry.WriteGroup(name, command.RequestedBy,
            group => Decide(command, group, registry.Now), cancellation)).Refusal,
        _ => AttachPolicy.BadTarget,
    };
}

sealed class DetachPolicyConsumer(Registry registry) : IConsumer<Command>
{
    public async Task Consume(ConsumeContext<Command> context) =>
        await context.Done(await DetachPolicy.Handle(context.Message, registry, context.CancellationToken));
}
