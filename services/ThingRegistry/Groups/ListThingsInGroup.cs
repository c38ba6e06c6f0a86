using Query = FleetPlatform.Contracts.ThingRegistry.ListThingsInGroup;

namespace FleetPlatform.ThingRegistry.Groups;

sealed class ListThingsInGroupConsumer(Registry registry) : IConsumer<Query>
{
    const string Own = "select thing_name from fleet_memberships where group_name = $1";

    // A thing is in at most one group of a hierarchy.
    const string Whole = "select thing_name from fleet_memberships where group_name in (select name from fleet_groups where $1 = any (path))";

    public async Task Consume(ConsumeContext<Query> context)
    {
        var query = context.Message;
        if (!(await registry.ReadGroup(query.ThingGroupName, context.CancellationToken)).Exists)
        {
            await context.Refuse(ThingGroup.Missing(query.ThingGroupName));
            return;
        }

        await context.RespondAsync(await Listing.Names(registry.Database, query.Page,
            new(query.Recursive ? Whole : Own, "thing_name", Listing.Text(query.ThingGroupName)),
            context.CancellationToken));
    }
}
