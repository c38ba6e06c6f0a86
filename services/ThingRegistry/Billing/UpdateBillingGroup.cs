using Command = FleetPlatform.Contracts.ThingRegistry.UpdateBillingGroup;

namespace FleetPlatform.ThingRegistry.Billing;

/// <summary>Changes the description.</summary>
static class UpdateBillingGroup
{
    public static Decision<BillingGroupEvent> Decide(Command command, BillingGroup group, DateTimeOffset now)
    {
        if (!group.Exists) return BillingGroup.Missing(command.BillingGroupName);
        if (RefuseVersion(command.BillingGroupName, group, command.ExpectedVersion) is { } moved) return moved;
        if (BillingGroup.RefuseDescription(command.Description) is { } refusal) return refusal;
        return group.Description == command.Description ? Decision<BillingGroupEvent>.Nothing : new BillingGroupUpdated(command.Description, now);
    }

    /// <summary>The refusal when the caller has seen an older group than this one; null when it named no version.</summary>
    public static Refusal? RefuseVersion(string name, BillingGroup group, long? expected) =>
        expected is { } version && version != group.Revision
            ? new(Reasons.VersionConflict.Code, $"Billing group {name} is at version {group.Revision}, not {version}.")
            : null;

    public static Task<Written<BillingGroup, BillingGroupEvent>> Handle(Command command, Registry registry, CancellationToken cancellation) =>
        registry.WriteBillingGroup(command.BillingGroupName, command.RequestedBy, group => Decide(command, group, registry.Now), cancellation);
}

sealed class UpdateBillingGroupConsumer(Registry registry) : IConsumer<Command>
{
    public async Task Consume(ConsumeContext<Command> context) => await context.Answer(
        await UpdateBillingGroup.Handle(context.Message, registry, context.CancellationToken),
        group => group.Describe(context.Message.BillingGroupName));
}
