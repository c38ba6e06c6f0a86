using Command = FleetPlatform.Contracts.ThingRegistry.DeletePolicy;

namespace FleetPlatform.ThingRegistry.Policies;

/// <summary>
/// Deletes a policy that is attached to nothing and has only its default version. An attachment made in the same instant names an
/// incarnation that is gone: it grants nothing, now or after a policy of the same name is created again.
/// </summary>
static class DeletePolicy
{
    public static Decision<PolicyEvent> Decide(Command command, DevicePolicy policy, bool isAttached, DateTimeOffset now)
    {
        if (!policy.Exists) return DevicePolicy.Missing(command.PolicyName);
        if (policy.Versions.Count > 1)
            return new Refusal(Reasons.DeleteConflict.Code, $"Policy {command.PolicyName} has {policy.Versions.Count - 1} version(s) besides its default; delete them first.");
        return isAttached
            ? new Refusal(Reasons.DeleteConflict.Code, $"Policy {command.PolicyName} is attached; detach it first.")
            : new PolicyDeleted(now);
    }

    public static async Task<Written<DevicePolicy, PolicyEvent>> Handle(Command command, Registry registry, CancellationToken cancellation)
    {
        var isAttached = await PoliciesTable.IsAttached(registry.Database, command.PolicyName, cancellation);
        return await registry.WritePolicy(command.PolicyName, command.RequestedBy,
            policy => Decide(command, policy, isAttached, registry.Now), cancellation);
    }
}

sealed class DeletePolicyConsumer(Registry registry) : IConsumer<Command>
{
    public async Task Consume(ConsumeContext<Command> context) =>
        await context.Done((await DeletePolicy.Handle(context.Message, registry, context.CancellationToken)).Refusal);
}
