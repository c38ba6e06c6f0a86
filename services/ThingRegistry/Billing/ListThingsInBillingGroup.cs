using Query = FleetPlatform.Contracts.ThingRegistry.ListThingsInBillingGroup;

namespace FleetPlatform.ThingRegistry.Billing;

sealed class ListThingsInBillingGroupConsumer(Registry registry) : IConsumer<Query>
{
    public async Task Consume(ConsumeContext<Query> context)
    {
        var query = context.Message;
        if (!await BillingTable.Exists(registry.Database, query.BillingGroupName, context.CancellationToken))
        {
            await context.Refuse(BillingGroup.Missing(query.BillingGroupName));
            return;
        }

        await context.RespondAsync(await Listing.Names(registry.Database, query.Page,
            new("select name from fleet_things where billing_group = $1", "name", Listing.Text(query.BillingGroupName)), context.CancellationToken));
    }
}
