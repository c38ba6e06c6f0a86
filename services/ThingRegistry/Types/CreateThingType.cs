using Command = FleetPlatform.Contracts.ThingRegistry.CreateThingType;

namespace FleetPlatform.ThingRegistry.Types;

/// <summary>Creates a thing type. The same type again, unchanged, succeeds; with other contents it exists already.</summary>
static class CreateThingType
{
    public static Decision<ThingTypeEvent> Decide(Command command, ThingType type, Guid id, DateTimeOffset now)
    {
        if (ThingType.Refuse(command.Description, command.SearchableAttributes) is { } refusal) return refusal;
        if (!type.Exists) return new ThingTypeCreated(id, command.Description, command.SearchableAttributes, now);

        return type.Description == command.Description && type.SearchableAttributes.SequenceEqual(command.SearchableAttributes)
            ? Decision<ThingTypeEvent>.Nothing
            : new Refusal(Reasons.AlreadyExists.Code, $"Thing type {command.ThingTypeName} exists with other contents.");
    }

    public static Task<Written<ThingType, ThingTypeEvent>> Handle(Command command, Registry registry, CancellationToken cancellation) =>
        registry.WriteType(command.ThingTypeName, command.RequestedBy,
            type => Decide(command, type, Guid.CreateVersion7(), registry.Now), cancellation);
}

sealed class CreateThingTypeConsumer(Registry registry) : IConsumer<Command>
{
    public async Task Consume(ConsumeContext<Command> context) => await context.Answer(
        await CreateThingType.Handle(context.Message, registry, context.CancellationToken),
        type => type.Describe(context.Message.ThingTypeName));
}
