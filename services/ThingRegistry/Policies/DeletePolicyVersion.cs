using Command = FleetPlatform.Contracts.ThingRegistry.DeletePolicyVersion;

namespace FleetPlatform.ThingRegistry.Policies;

/// <summary>Deletes a version that is not the default.</summary>
static class DeletePolicyVersion
{
    public static Decision<PolicyEvent> Decide(Command command, DevicePolicy policy, DateTimeOffset now)
    {
        if (!policy.Exists) return DevicePolicy.Missing(command.PolicyName);
        if (policy.Find(command.VersionId) is not { } version) return DevicePolicy.MissingVersion(command.PolicyName, command.VersionId);
        return version.VersionId == policy.DefaultVersionId
            ? new Refusal(Reasons.DeleteConflict.Code, $"Version {command.VersionId} is the default of policy {command.PolicyName}.")
            : new PolicyVersionDeleted(version.VersionId, now);
    }

    public static Task<Written<DevicePolicy, PolicyEvent>> Handle(Command command, Registry registry, CancellationToken cancellation) =>
        registry.WritePolicy(command.PolicyName, command.RequestedBy, policy => Decide(command, policy, registry.Now), cancellation);
}

sealed class DeletePolicyVersionConsumer(Registry registry) : IConsumer<Command>
{
    public async Task Consume(ConsumeContext<Command> context) =>
        await context.Done((await DeletePolicyVersion.Handle(context.Message, registry, context.CancellationToken)).Refusal);
}
