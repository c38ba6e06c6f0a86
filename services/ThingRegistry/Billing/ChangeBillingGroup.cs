using FleetPlatform.ThingRegistry.Things;
using Command = FleetPlatform.Contracts.ThingRegistry.ChangeBillingGroup;

namespace FleetPlatform.ThingRegistry.Billing;

/// <summary>Puts a thing into a billing group, out of the one it was in; or takes it out. Doing so twice is doing it once.</summary>
static class ChangeBillingGroup
{
    public static Decision<ThingEvent> Decide(Command command, Thing thing, bool groupExists, DateTimeOffset now)
    {
        if (!thing.Exists) return Thing.Missing(command.ThingName);
        if (!groupExists) return BillingGroup.Missing(command.BillingGroupName);
        if ((thing.BillingGroup == command.BillingGroupName) == command.Member) return Decision<ThingEvent>.Nothing;
        return new BillingGroupChanged(command.Member ? command.BillingGroupName : null, now);
    }

    public static async Task<Written<Thing, ThingEvent>> Handle(Command command, Registry registry, CancellationToken cancellation)
    {
        var exists = await BillingTable.Exists(registry.Database, command.BillingGroupName, cancellation);
        return await registry.WriteThing(command.ThingName, command.RequestedBy, thing => Decide(command, thing, exists, registry.Now), cancellation);
    }
}

sealed class ChangeBillingGroupConsumer(Registry registry) : IConsumer<Command>
{
    public async Task Consume(ConsumeContext<Command> context) =>
        await context.Done((await ChangeBillingGroup.Handle(context.Message, registry, context.CancellationToken)).Refusal);
}
