using Query = FleetPlatform.Contracts.ThingRegistry.ListPolicyVersions;

namespace FleetPlatform.ThingRegistry.Policies;

sealed class ListPolicyVersionsConsumer(Registry registry) : IConsumer<Query>
{
    public async Task Consume(ConsumeContext<Query> context)
    {
        var name = context.Message.PolicyName;
        var policy = await registry.ReadPolicy(name, context.CancellationToken);
        if (policy.Exists)
            await context.RespondAsync(new PolicyVersionsListed
            {
                Items = [.. policy.Versions.Reverse().Select(version => policy.DescribeVersion(name, version, withDocument: false))],
            });
        else
            await context.Refuse(DevicePolicy.Missing(name));
    }
}
