using Query = FleetPlatform.Contracts.ThingRegistry.ListThingGroups;

namespace FleetPlatform.ThingRegistry.Groups;

sealed class ListThingGroupsConsumer(Registry registry) : IConsumer<Query>
{
    // The last but one of a path is the parent.
    const string Select = """
        select name from fleet_groups where ($1 is null or starts_with(name, $1))
            and ($2 is null or (name <> $2 and $2 = any (path) and ($3 or path[cardinality(path) - 1] = $2)))
        """;

    public async Task Consume(ConsumeContext<Query> context)
    {
        var query = context.Message;
        if (query.ParentGroupName is { } parent && !(await registry.ReadGroup(parent, context.CancellationToken)).Exists)
        {
            await context.Refuse(ThingGroup.Missing(parent));
            return;
        }

        await context.RespondAsync(await Listing.Names(registry.Database, query.Page,
            new(Select, "name", Listing.Text(query.NamePrefix), Listing.Text(query.ParentGroupName), new() { Value = query.Recursive }), context.CancellationToken));
    }
}
