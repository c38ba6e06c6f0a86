using Command = FleetPlatform.Contracts.ThingRegistry.CreatePolicyVersion;

namespace FleetPlatform.ThingRegistry.Policies;

/// <summary>Adds a version to a policy, at most five. The newest version's own document again is that version: asking twice records once.</summary>
static class CreatePolicyVersion
{
    const int MaximumVersions = 5;

    public static Decision<PolicyEvent> Decide(Command command, DevicePolicy policy, DateTimeOffset now)
    {
        if (!policy.Exists) return DevicePolicy.Missing(command.PolicyName);
        if (DocumentRules.Refuse(command.PolicyDocument) is { } refusal) return refusal;
        if (policy.Versions[^1] is var newest && newest.Document == command.PolicyDocument)
            return command.SetAsDefault && newest.VersionId != policy.DefaultVersionId
                ? new DefaultPolicyVersionSet(newest.VersionId, now)
                : Decision<PolicyEvent>.Nothing;

        return policy.Versions.Count >= MaximumVersions
            ? new Refusal(Reasons.VersionsLimitExceeded.Code, $"Policy {command.PolicyName} has {MaximumVersions} versions; delete one first.")
            : new PolicyVersionCreated(policy.LastVersionId + 1, command.PolicyDocument, command.SetAsDefault, now);
    }

    public static Task<Written<DevicePolicy, PolicyEvent>> Handle(Command command, Registry registry, CancellationToken cancellation) =>
        registry.WritePolicy(command.PolicyName, command.RequestedBy, policy => Decide(command, policy, registry.Now), cancellation);
}

sealed class CreatePolicyVersionConsumer(Registry registry) : IConsumer<Command>
{
    public async Task Consume(ConsumeContext<Command> context) => await context.Answer(
        await CreatePolicyVersion.Handle(context.Message, registry, context.CancellationToken),
        policy => policy.DescribeVersion(context.Message.PolicyName, policy.Versions[^1]));
}
