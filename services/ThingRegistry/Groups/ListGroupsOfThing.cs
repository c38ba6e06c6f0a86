using FleetPlatform.ThingRegistry.Things;
using Query = FleetPlatform.Contracts.ThingRegistry.ListGroupsOfThing;

namespace FleetPlatform.ThingRegistry.Groups;

sealed class ListGroupsOfThingConsumer(Registry registry) : IConsumer<Query>
{
    public async Task Consume(ConsumeContext<Query> context)
    {
        var query = context.Message;
        if (!(await registry.ReadThing(query.ThingName, context.CancellationToken)).Exists)
        {
            await context.Refuse(Thing.Missing(query.ThingName));
            return;
        }

        await context.RespondAsync(await Listing.Names(registry.Database, query.Page,
            new("select group_name from fleet_memberships where thing_name = $1", "group_name", Listing.Text(query.ThingName)),
            context.CancellationToken));
    }
}
