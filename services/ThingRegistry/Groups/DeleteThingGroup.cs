using Command = FleetPlatform.Contracts.ThingRegistry.DeleteThingGroup;

namespace FleetPlatform.ThingRegistry.Groups;

/// <summary>Deletes a group that has no groups inside it; its members leave it. Deleting an unknown one succeeds, as on AWS.</summary>
static class DeleteThingGroup
{
    /// <param name="hasChildren">Whether other groups are inside it.</param>
    public static Decision<ThingGroupEvent> Decide(Command command, ThingGroup group, bool hasChildren, DateTimeOffset now) =>
        !group.Exists ? Decision<ThingGroupEvent>.Nothing
        : DynamicGroups.Refuse(command.ThingGroupName, group, command.Dynamic, command.ExpectedVersion) is { } refusal ? refusal
        : hasChildren ? new Refusal(Reasons.InvalidRequest.Code, $"Groups are inside thing group {command.ThingGroupName}; delete them first.")
        : new ThingGroupDeleted(now);

    public static async Task<Refusal?> Handle(Command command, Registry registry, CancellationToken cancellation)
    {
        var hasChildren = !command.Dynamic && await GroupsTable.HasChildren(registry.Database, command.ThingGroupName, cancellation);
        return (await registry.WriteGroup(command.ThingGroupName, command.RequestedBy, group => Decide(command, group, hasChildren, registry.Now), cancellation)).Refusal;
    }
}

sealed class DeleteThingGroupConsumer(Registry registry) : IConsumer<Command>
{
    public async Task Consume(ConsumeContext<Command> context) =>
        await context.Done(await DeleteThingGroup.Handle(context.Message, registry, context.CancellationToken));
}
