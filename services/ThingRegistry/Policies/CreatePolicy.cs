using Command = FleetPlatform.Contracts.ThingRegistry.CreatePolicy;

namespace FleetPlatform.ThingRegistry.Policies;

/// <summary>Creates a policy with its first version. Creating it again is refused, whatever it says: AWS does the same.</summary>
static class CreatePolicy
{
    public static Decision<PolicyEvent> Decide(Command command, DevicePolicy policy, DateTimeOffset now)
    {
        if (DocumentRules.Refuse(command.PolicyDocument) is { } refusal) return refusal;
        return policy.Exists
            ? new Refusal(Reasons.AlreadyExists.Code, $"Policy {command.PolicyName} exists already.")
            : new PolicyCreated(policy.Incarnation + 1, command.PolicyDocument, now);
    }

    public static Task<Written<DevicePolicy, PolicyEvent>> Handle(Command command, Registry registry, CancellationToken cancellation) =>
        registry.WritePolicy(command.PolicyName, command.RequestedBy, policy => Decide(command, policy, registry.Now), cancellation);
}

sealed class CreatePolicyConsumer(Registry registry) : IConsumer<Command>
{
    public async Task Consume(ConsumeContext<Command> context) => await context.Answer(
        await CreatePolicy.Handle(context.Message, registry, context.CancellationToken),
        policy => policy.DescribeVersion(context.Message.PolicyName, policy.Default));
}
