using Query = FleetPlatform.Contracts.ThingRegistry.DescribeThingType;

namespace FleetPlatform.ThingRegistry.Types;

sealed class DescribeThingTypeConsumer(Registry registry) : IConsumer<Query>
{
    public async Task Consume(ConsumeContext<Query> context)
    {
        var type = await registry.ReadType(context.Message.ThingTypeName, context.CancellationToken);
        if (type.Exists) await context.RespondAsync(type.Describe(context.Message.ThingTypeName));
        else await context.Refuse(ThingType.Missing(context.Message.ThingTypeName));
    }
}
