using Command = FleetPlatform.Contracts.ThingRegistry.SetDefaultPolicyVersion;

namespace FleetPlatform.ThingRegistry.Policies;

/// <summary>Makes a version the one that is in force wherever the policy is attached.</summary>
static class SetDefaultPolicyVersion
{
    public static Decision<PolicyEvent> Decide(Command command, DevicePolicy policy, DateTimeOffset now)
    {
        if (!policy.Exists) return DevicePolicy.Missing(command.PolicyName);
        if (policy.Find(command.VersionId) is not { } version) return DevicePolicy.MissingVersion(command.PolicyName, command.VersionId);
        return version.VersionId == policy.DefaultVersionId
            ? Decision<PolicyEvent>.Nothing
            : new DefaultPolicyVersionSet(version.VersionId, now);
    }

    public static Task<Written<DevicePolicy, PolicyEvent>> Handle(Command command, Registry registry, CancellationToken cancellation) =>
        registry.WritePolicy(command.PolicyName, command.RequestedBy, policy => Decide(command, policy, registry.Now), cancellation);
}

sealed class SetDefaultPolicyVersionConsumer(Registry registry) : IConsumer<Command>
{
    public async Task Consume(ConsumeContext<Command> context) =>
        await context.Done((await SetDefaultPolicyVersion.Handle(context.Message, registry, context.CancellationToken)).Refusal);
}
