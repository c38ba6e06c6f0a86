using Command = FleetPlatform.Contracts.ThingRegistry.DeleteThingGroup;

namespace FleetPlatform.ThingRegistry.Groups;

/// <summary>Deletes a dynamic group; its members leave it. Deleting an unknown one succeeds, as on AWS.</summary>
static class DeleteThingGroup
{
    public static Decision<ThingGroupEvent> Decide(Command command, ThingGroup group, DateTimeOffset now) =>
        !group.Exists ? Decision<ThingGroupEvent>.Nothing
        : DynamicGroups.Refuse(command.ThingGroupName, group, command.ExpectedVersion) is { } refusal ? refusal
        : new ThingGroupDeleted(now);
}

sealed class DeleteThingGroupConsumer(Registry registry) : IConsumer<Command>
{
    public async Task Consume(ConsumeContext<Command> context) => await context.Done((await registry.WriteGroup(
        context.Message.ThingGroupName, context.Message.RequestedBy, group => DeleteThingGroup.Decide(context.Message, group, registry.Now), context.CancellationToken)).Refusal);
}
