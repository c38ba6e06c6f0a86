using FleetPlatform.ThingRegistry.Principals;
using Query = FleetPlatform.Contracts.ThingRegistry.ListPrincipalThings;

namespace FleetPlatform.ThingRegistry.Things;

sealed class ListPrincipalThingsConsumer(Registry registry) : IConsumer<Query>
{
    const string Select = """
        select a.thing_name from fleet_attachments a join fleet_things t on t.name = a.thing_name and t.id = a.thing_id where a.certificate_id = $1
        """;

    public async Task Consume(ConsumeContext<Query> context)
    {
        var query = context.Message;
        if (!(await registry.ReadPrincipal(query.CertificateId, context.CancellationToken)).Exists)
        {
            await context.Refuse(Principal.Missing(query.CertificateId));
            return;
        }

        await context.RespondAsync(await Listing.Names(
            registry.Database, query.Page, new(Select, "a.thing_name", Listing.Text(query.CertificateId)), context.CancellationToken));
    }
}
