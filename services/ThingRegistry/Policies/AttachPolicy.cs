using FleetPlatform.ThingRegistry.Groups;
using FleetPlatform.ThingRegistry.Principals;
using Command = FleetPlatform.Contracts.ThingRegistry.AttachPolicy;

namespace FleetPlatform.ThingRegistry.Policies;

/// <summary>Attaches a policy to a certificate or to a thing group, at most ten to each. Attaching twice is attaching once.</summary>
static class AttachPolicy
{
    public static Decision<PrincipalEvent> Decide(Command command, DevicePolicy policy, Principal principal, DateTimeOffset now)
    {
        if (!principal.Exists) return Principal.Missing(command.Target.CertificateId!);
        if (Refuse(command.PolicyName, policy, principal.Policies) is { } refusal) return refusal;
        return principal.Policies.Contains(new(command.PolicyName, policy.Incarnation))
            ? Decision<PrincipalEvent>.Nothing
            : new PolicyAttached(command.PolicyName, policy.Incarnation, now);
    }

    public static Decision<ThingGroupEvent> Decide(Command command, DevicePolicy policy, ThingGroup group, DateTimeOffset now)
    {
        if (!group.Exists) return ThingGroup.Missing(command.Target.ThingGroupName!);
        if (Refuse(command.PolicyName, policy, group.Policies) is { } refusal) return refusal;
        return group.Policies.Contains(new(command.PolicyName, policy.Incarnation))
            ? Decision<ThingGroupEvent>.Nothing
            : new GroupPolicyAttached(command.PolicyName, policy.Incarnation, now);
    }

    public static async Task<Refusal?> Handle(Command command, Registry registry, CancellationToken cancellation)
    {
        var policy = await registry.ReadPolicy(command.PolicyName, cancellation);
        return command.Target switch
        {
            { CertificateId: { } certificate, ThingGroupName: null } => (await registry.WritePrincipal(certificate, command.RequestedBy,
                principal => Decide(command, policy, principal, registry.Now), cancellation)).Refusal,
            { CertificateId: null, ThingGroupName: { } name } => (await registry.WriteGroup(name, command.RequestedBy,
                group => Decide(command, policy, group, registry.Now), cancellation)).Refusal,
            _ => BadTarget,
        };
    }

    /// <summary>A target is a certificate or a group, not both and not neither.</summary>
    public static Refusal BadTarget { get; } = new(Reasons.InvalidRequest.Code, "The target must be a certificate or a thing group.");

    static Refusal? Refuse(string name, DevicePolicy policy, IReadOnlyList<AttachedPolicy> attached)
    {
        if (!policy.Exists) return DevicePolicy.Missing(name);
        return attached.Count(other => other.PolicyName != name) >= Principal.MaximumPolicies
            ? new(Reasons.LimitExceeded.Code, $"At most {Principal.MaximumPolicies} policies are attached to one target.")
            : null;
    }
}

sealed class AttachPolicyConsumer(Registry registry) : IConsumer<Command>
{
    public async Task Consume(ConsumeContext<Command> context) =>
        await context.Done(await AttachPolicy.Handle(context.Message, registry, context.CancellationToken));
}
