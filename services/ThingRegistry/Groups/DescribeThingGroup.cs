using Query = FleetPlatform.Contracts.ThingRegistry.DescribeThingGroup;

namespace FleetPlatform.ThingRegistry.Groups;

sealed class DescribeThingGroupConsumer(Registry registry) : IConsumer<Query>
{
    public async Task Consume(ConsumeContext<Query> context)
    {
        var group = await registry.ReadGroup(context.Message.ThingGroupName, context.CancellationToken);
        if (group.Exists) await context.RespondAsync(group.Describe(context.Message.ThingGroupName));
        else await context.Refuse(ThingGroup.Missing(context.Message.ThingGroupName));
    }
}
