using FleetPlatform.ThingRegistry.Things;
using Command = FleetPlatform.Contracts.ThingRegistry.CreateThingGroup;

namespace FleetPlatform.ThingRegistry.Groups;

/// <summary>Creates a thing group. The same group again, unchanged, succeeds; with other contents it exists already.</summary>
static class CreateThingGroup
{
    const int MaximumDepth = 7;
    const int MaximumDescriptionCharacters = 2028;

    /// <param name="parent">The parent group; null when the command names none.</param>
    public static Decision<ThingGroupEvent> Decide(Command command, ThingGroup group, ThingGroup? parent, Guid id, DateTimeOffset now)
    {
        var attributes = AttributeRules.Normalize(command.Attributes);
        if (parent is { Exists: false }) return ThingGroup.Missing(command.ParentGroupName!);
        if (command.Description?.Length > MaximumDescriptionCharacters)
            return new Refusal(Reasons.InvalidRequest.Code, $"A description has at most {MaximumDescriptionCharacters} characters.");
        if (AttributeRules.Refuse(attributes, hasType: true) is { } refusal) return refusal;

        if (!group.Exists)
            return (parent?.Path.Count ?? 0) >= MaximumDepth
                ? new Refusal(Reasons.LimitExceeded.Code, $"Groups nest at most {MaximumDepth} deep.")
                : new ThingGroupCreated(id, command.Description, attributes, [.. parent?.Path ?? [], command.ThingGroupName], now);

        var same = group.Parent == command.ParentGroupName
            && group.Description == command.Description
            && AttributeRules.Same(group.Attributes, attributes);
        return same
            ? Decision<ThingGroupEvent>.Nothing
            : new Refusal(Reasons.AlreadyExists.Code, $"Thing group {command.ThingGroupName} exists with other contents.");
    }

    public static async Task<Written<ThingGroup, ThingGroupEvent>> Handle(Command command, Registry registry, CancellationToken cancellation)
    {
        var parent = command.ParentGroupName is null ? null : await registry.ReadGroup(command.ParentGroupName, cancellation);
        return await registry.WriteGroup(command.ThingGroupName, command.RequestedBy,
            group => Decide(command, group, parent, Guid.CreateVersion7(), registry.Now), cancellation);
    }
}

sealed class CreateThingGroupConsumer(Registry registry) : IConsumer<Command>
{
    public async Task Consume(ConsumeContext<Command> context) => await context.Answer(
        await CreateThingGroup.Handle(context.Message, registry, context.CancellationToken),
        group => group.Describe(context.Message.ThingGroupName));
}
