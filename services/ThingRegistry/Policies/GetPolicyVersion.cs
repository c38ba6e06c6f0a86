using Query = FleetPlatform.Contracts.ThingRegistry.GetPolicyVersion;

namespace FleetPlatform.ThingRegistry.Policies;

sealed class GetPolicyVersionConsumer(Registry registry) : IConsumer<Query>
{
    public async Task Consume(ConsumeContext<Query> context)
    {
        var query = context.Message;
        var policy = await registry.ReadPolicy(query.PolicyName, context.CancellationToken);
        if (policy.Find(query.VersionId) is { } version) await context.RespondAsync(policy.DescribeVersion(query.PolicyName, version));
        else await context.Refuse(policy.Exists ? DevicePolicy.MissingVersion(query.PolicyName, query.VersionId) : DevicePolicy.Missing(query.PolicyName));
    }
}
