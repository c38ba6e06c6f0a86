using FleetPlatform.ThingRegistry.Things;
using Command = FleetPlatform.Contracts.ThingRegistry.UpdateThingGroup;

namespace FleetPlatform.ThingRegistry.Groups;

/// <summary>Changes a group: what the command leaves out stays. Members of a dynamic one follow.</summary>
static class UpdateThingGroup
{
    public static Decision<ThingGroupEvent> Decide(Command command, ThingGroup group, ThingRegistryOptions options, DateTimeOffset now)
    {
        if (DynamicGroups.Refuse(command.ThingGroupName, group, command.Dynamic, command.ExpectedVersion) is { } not) return not;
        var (query, description) = (command.Dynamic ? command.Query ?? group.Query : null, command.Description ?? group.Description);
        var attributes = command switch
        {
            { Attributes: null } => group.Attributes,
            { MergeAttributes: true } => AttributeRules.Merge(group.Attributes, command.Attributes),
            _ => AttributeRules.Normalize(command.Attributes),
        };
        if (((query is null ? null : DynamicGroups.RefuseQuery(query, options)) ?? CreateThingGroup.Refuse(description, attributes)) is { } refusal) return refusal;
        return (query, description) == (group.Query, group.Description) && AttributeRules.Same(attributes, group.Attributes)
            ? Decision<ThingGroupEvent>.Nothing
            : new ThingGroupUpdated(description, attributes, query, now);
    }
}

sealed class UpdateThingGroupConsumer(Registry registry, ThingRegistryOptions options) : IConsumer<Command>
{
    public async Task Consume(ConsumeContext<Command> context) => await context.Answer(
        await registry.WriteGroup(context.Message.ThingGroupName, context.Message.RequestedBy,
            group => UpdateThingGroup.Decide(context.Message, group, options, registry.Now), context.CancellationToken),
        group => group.Describe(context.Message.ThingGroupName));
}
