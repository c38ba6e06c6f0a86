using Query = FleetPlatform.Contracts.ThingRegistry.DescribeThing;

namespace FleetPlatform.ThingRegistry.Things;

sealed class DescribeThingConsumer(Registry registry) : IConsumer<Query>
{
    public async Task Consume(ConsumeContext<Query> context)
    {
        var thing = await registry.ReadThing(context.Message.ThingName, context.CancellationToken);
        if (thing.Exists) await context.RespondAsync(thing.Describe(context.Message.ThingName));
        else await context.Refuse(Thing.Missing(context.Message.ThingName));
    }
}
