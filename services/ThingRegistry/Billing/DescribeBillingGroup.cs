using Query = FleetPlatform.Contracts.ThingRegistry.DescribeBillingGroup;

namespace FleetPlatform.ThingRegistry.Billing;

sealed class DescribeBillingGroupConsumer(Registry registry) : IConsumer<Query>
{
    public async Task Consume(ConsumeContext<Query> context)
    {
        var group = await registry.ReadBillingGroup(context.Message.BillingGroupName, context.CancellationToken);
        if (group.Exists) await context.RespondAsync(group.Describe(context.Message.BillingGroupName));
        else await context.Refuse(BillingGroup.Missing(context.Message.BillingGroupName));
    }
}
