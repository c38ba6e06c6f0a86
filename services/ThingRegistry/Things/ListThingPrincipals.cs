using Query = FleetPlatform.Contracts.ThingRegistry.ListThingPrincipals;

namespace FleetPlatform.ThingRegistry.Things;

sealed class ListThingPrincipalsConsumer(Registry registry) : IConsumer<Query>
{
    const string Select = """
        select a.certificate_id from fleet_attachments a join fleet_things t on t.name = a.thing_name and t.id = a.thing_id where a.thing_name = $1
        """;

    public async Task Consume(ConsumeContext<Query> context)
    {
        var query = context.Message;
        if (!(await registry.ReadThing(query.ThingName, context.CancellationToken)).Exists)
        {
            await context.Refuse(Thing.Missing(query.ThingName));
            return;
        }

        await context.RespondAsync(await Listing.Names(
            registry.Database, query.Page, new(Select, "a.certificate_id", Listing.Text(query.ThingName)), context.CancellationToken));
    }
}
