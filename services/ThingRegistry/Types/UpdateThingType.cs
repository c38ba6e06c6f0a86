using Command = FleetPlatform.Contracts.ThingRegistry.UpdateThingType;

namespace FleetPlatform.ThingRegistry.Types;

/// <summary>Changes what a type says of itself. Things that have it do not notice.</summary>
static class UpdateThingType
{
    public static Decision<ThingTypeEvent> Decide(Command command, ThingType type, DateTimeOffset now)
    {
        if (!type.Exists) return ThingType.Missing(command.ThingTypeName);
        var (description, searchable) = (command.Description ?? type.Description, command.SearchableAttributes ?? type.SearchableAttributes);
        if (ThingType.Refuse(description, searchable) is { } refusal) return refusal;
        return description == type.Description && searchable.SequenceEqual(type.SearchableAttributes)
            ? Decision<ThingTypeEvent>.Nothing
            : new ThingTypeUpdated(description, searchable, now);
    }
}

sealed class UpdateThingTypeConsumer(Registry registry) : IConsumer<Command>
{
    public async Task Consume(ConsumeContext<Command> context) => await context.Done((await registry.WriteType(
        context.Message.ThingTypeName, context.Message.RequestedBy, type => UpdateThingType.Decide(context.Message, type, registry.Now), context.CancellationToken)).Refusal);
}
