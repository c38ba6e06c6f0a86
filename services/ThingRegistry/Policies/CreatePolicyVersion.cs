using Command = FleetPlatform.Contracts.ThingRegistry.CreatePolicyVersion;

namespace FleetPlatform.ThingRegistry.Policies;

/// <summary>Adds a version to a policy, at most five. A version equal to the newest is still a new one, as on AWS.</summary>
static class CreatePolicyVersion
{
    const int MaximumVersions = 5;

    public static Decision<PolicyEvent> Decide(Command command, Policy policy, DateTimeOffset now)
    {
        if (!policy.Exists) return Policy.Missing(command.PolicyName);
        if (DocumentRules.Refuse(command.PolicyDocument) is { } refusal) return refusal;
        return policy.Versions.Count >= MaximumVersions
            ? new Refusal(Reasons.VersionsLimitExceeded.Code, $"Policy {command.PolicyName} has {MaximumVersions} versions; delete one first.")
            : new PolicyVersionCreated(policy.LastVersionId + 1, command.PolicyDocument, command.SetAsDefault, now);
    }

    public static Task<Written<Policy, PolicyEvent>> Handle(Command command, Registry registry, CancellationToken cancellation) =>
        registry.WritePolicy(command.PolicyName, command.RequestedBy, policy => Decide(command, policy, registry.Now), cancellation);
}

sealed class CreatePolicyVersionConsumer(Registry registry) : IConsumer<Command>
{
    public async Task Consume(ConsumeContext<Command> context) => await context.Answer(
        await CreatePolicyVersion.Handle(context.Message, registry, context.CancellationToken),
        policy => policy.DescribeVersion(context.Message.PolicyName, policy.Versions[^1]));
}
