using Command = FleetPlatform.Contracts.ThingRegistry.CreateBillingGroup;

namespace FleetPlatform.ThingRegistry.Billing;

/// <summary>Creates a billing group. The same group again, unchanged, succeeds; with another description it exists already.</summary>
static class CreateBillingGroup
{
    public static Decision<BillingGroupEvent> Decide(Command command, BillingGroup group, Guid id, DateTimeOffset now)
    {
        if (BillingGroup.RefuseDescription(command.Description) is { } refusal) return refusal;
        if (!group.Exists) return new BillingGroupCreated(id, command.Description, now);
        return group.Description == command.Description
            ? Decision<BillingGroupEvent>.Nothing
            : new Refusal(Reasons.AlreadyExists.Code, $"Billing group {command.BillingGroupName} exists with another description.");
    }

    public static Task<Written<BillingGroup, BillingGroupEvent>> Handle(Command command, Registry registry, CancellationToken cancellation) =>
        registry.WriteBillingGroup(command.BillingGroupName, command.RequestedBy,
            group => Decide(command, group, Guid.CreateVersion7(), registry.Now), cancellation);
}

sealed class CreateBillingGroupConsumer(Registry registry) : IConsumer<Command>
{
    public async Task Consume(ConsumeContext<Command> context) => await context.Answer(
        await CreateBillingGroup.Handle(context.Message, registry, context.CancellationToken),
        group => group.Describe(context.Message.BillingGroupName));
}
