using Command = FleetPlatform.Contracts.ThingRegistry.DeleteBillingGroup;

namespace FleetPlatform.ThingRegistry.Billing;

/// <summary>Deletes a billing group that no thing is in. Deleting an unknown group succeeds.</summary>
static class DeleteBillingGroup
{
    /// <param name="hasThings">Whether any thing is in it.</param>
    public static Decision<BillingGroupEvent> Decide(Command command, BillingGroup group, bool hasThings, DateTimeOffset now)
    {
        if (!group.Exists) return Decision<BillingGroupEvent>.Nothing;
        if (UpdateBillingGroup.RefuseVersion(command.BillingGroupName, group, command.ExpectedVersion) is { } moved) return moved;
        return hasThings
            ? new Refusal(Reasons.InvalidRequest.Code, $"Things are in billing group {command.BillingGroupName}; take them out first.")
            : new BillingGroupDeleted(now);
    }

    public static async Task<Written<BillingGroup, BillingGroupEvent>> Handle(Command command, Registry registry, CancellationToken cancellation)
    {
        var hasThings = await BillingTable.HasThings(registry.Database, command.BillingGroupName, cancellation);
        return await registry.WriteBillingGroup(command.BillingGroupName, command.RequestedBy,
            group => Decide(command, group, hasThings, registry.Now), cancellation);
    }
}

sealed class DeleteBillingGroupConsumer(Registry registry) : IConsumer<Command>
{
    public async Task Consume(ConsumeContext<Command> context) =>
        await context.Done((await DeleteBillingGroup.Handle(context.Message, registry, context.CancellationToken)).Refusal);
}
