using FleetPlatform.ThingRegistry.Things;
using Command = FleetPlatform.Contracts.ThingRegistry.CreateThingGroup;

namespace FleetPlatform.ThingRegistry.Groups;

/// <summary>Creates a thing group, a dynamic one when it comes with a query. The same group again, unchanged, succeeds; with other contents it exists already.</summary>
static class CreateThingGroup
{
    const int MaximumDepth = 7;
    const int MaximumDescriptionCharacters = 2028;

    /// <param name="parent">The parent group; null when the command names none.</param>
    /// <param name="dynamicGroups">How many dynamic groups there are.</param>
    public static Decision<ThingGroupEvent> Decide(
        Command command, ThingGroup group, ThingGroup? parent, int dynamicGroups, ThingRegistryOptions options, Guid id, DateTimeOffset now)
    {
        var attributes = AttributeRules.Normalize(command.Attributes);
        if (parent is { Exists: false }) return ThingGroup.Missing(command.ParentGroupName!);
        if (parent is { Query: not null } || (parent is not null && command.Query is not null))
            return new Refusal(Reasons.InvalidRequest.Code, "A dynamic group has no parent and no children.");
        if ((Refuse(command.Description, attributes) ?? (command.Query is { } query ? DynamicGroups.RefuseQuery(query, options) : null)) is { } refusal) return refusal;

        if (!group.Exists)
        {
            if ((parent?.Path.Count ?? 0) >= MaximumDepth) return new Refusal(Reasons.LimitExceeded.Code, $"Groups nest at most {MaximumDepth} deep.");
            if (command.Query is not null && dynamicGroups >= options.DynamicGroups)
                return new Refusal(Reasons.LimitExceeded.Code, $"There are at most {options.DynamicGroups} dynamic groups.");
            return new ThingGroupCreated(id, command.Description, attributes, [.. parent?.Path ?? [], command.ThingGroupName], now, command.Query);
        }

        var same = group.Parent == command.ParentGroupName
            && group.Query == command.Query
            && group.Description == command.Description
            && AttributeRules.Same(group.Attributes, attributes);
        return same
            ? Decision<ThingGroupEvent>.Nothing
            : new Refusal(Reasons.AlreadyExists.Code, $"Thing group {command.ThingGroupName} exists with other contents.");
    }

    /// <summary>What holds for every group.</summary>
    public static Refusal? Refuse(string? description, IReadOnlyDictionary<string, string> attributes) => description?.Length > MaximumDescriptionCharacters
        ? new(Reasons.InvalidRequest.Code, $"A description has at most {MaximumDescriptionCharacters} characters.")
        : AttributeRules.Refuse(attributes, hasType: true);

    public static async Task<Written<ThingGroup, ThingGroupEvent>> Handle(
        Command command, Registry registry, ThingRegistryOptions options, CancellationToken cancellation)
    {
        if (await GroupsTable.IsBeingLeft(registry.Database, command.ThingGroupName, cancellation))
            return new(new Refusal(Reasons.Unavailable.Code, $"Things are still leaving the thing group {command.ThingGroupName} that was deleted."), ThingGroup.Initial, 0);
        var parent = command.ParentGroupName is null ? null : await registry.ReadGroup(command.ParentGroupName, cancellation);
        var dynamicGroups = command.Query is null ? 0 : (await DynamicGroups.Load(registry.Database, cancellation)).Count;
        return await registry.WriteGroup(command.ThingGroupName, command.RequestedBy,
            group => Decide(command, group, parent, dynamicGroups, options, Guid.CreateVersion7(), registry.Now), cancellation);
    }
}

sealed class CreateThingGroupConsumer(Registry registry, ThingRegistryOptions options) : IConsumer<Command>
{
    public async Task Consume(ConsumeContext<Command> context) => await context.Answer(
        await CreateThingGroup.Handle(context.Message, registry, options, context.CancellationToken),
        group => group.Describe(context.Message.ThingGroupName));
}
