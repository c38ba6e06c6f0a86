using Query = FleetPlatform.Contracts.ThingRegistry.GetPolicy;

namespace FleetPlatform.ThingRegistry.Policies;

sealed class GetPolicyConsumer(Registry registry) : IConsumer<Query>
{
    public async Task Consume(ConsumeContext<Query> context)
    {
        var policy = await registry.ReadPolicy(context.Message.PolicyName, context.CancellationToken);
        if (policy.Exists) await context.RespondAsync(policy.Describe(context.Message.PolicyName));
        else await context.Refuse(DevicePolicy.Missing(context.Message.PolicyName));
    }
}
