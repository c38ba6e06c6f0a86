using Query = FleetPlatform.Contracts.ThingRegistry.ListBillingGroups;

namespace FleetPlatform.ThingRegistry.Billing;

sealed class ListBillingGroupsConsumer(Registry registry) : IConsumer<Query>
{
    public async Task Consume(ConsumeContext<Query> context) =>
        await context.RespondAsync(await Listing.Names(registry.Database, context.Message.Page,
            new("select name from fleet_billing_groups where ($1 is null or starts_with(name, $1))", "name", Listing.Text(context.Message.NamePrefix)),
            context.CancellationToken));
}
