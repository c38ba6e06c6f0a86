using FleetPlatform.ThingRegistry.Things;
using Command = FleetPlatform.Contracts.ThingRegistry.UpdateThingGroup;

namespace FleetPlatform.ThingRegistry.Groups;

/// <summary>Changes a dynamic group: what the command leaves out stays. Its members follow.</summary>
static class UpdateThingGroup
{
    public static Decision<ThingGroupEvent> Decide(Command command, ThingGroup group, ThingRegistryOptions options, DateTimeOffset now)
    {
        if (DynamicGroups.Refuse(command.ThingGroupName, group, command.ExpectedVersion) is { } not) return not;
        var (query, description, attributes) = (command.Query ?? group.Query!, command.Description ?? group.Description,
            command.Attributes is { } given ? AttributeRules.Normalize(given) : group.Attributes);
        if ((DynamicGroups.RefuseQuery(query, options) ?? CreateThingGroup.Refuse(description, attributes)) is { } refusal) return refusal;
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
