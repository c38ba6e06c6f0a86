using Query = FleetPlatform.Contracts.ThingRegistry.ListThingGroups;

namespace FleetPlatform.ThingRegistry.Groups;

sealed class ListThingGroupsConsumer(Registry registry) : IConsumer<Query>
{
    public async Task Consume(ConsumeContext<Query> context) => await context.RespondAsync(await Listing.Names(
        registry.Database, context.Message.Page, new("select name from fleet_groups where true", "name"), context.CancellationToken));
}
