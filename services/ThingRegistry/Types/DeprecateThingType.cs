using Command = FleetPlatform.Contracts.ThingRegistry.DeprecateThingType;

namespace FleetPlatform.ThingRegistry.Types;

/// <summary>From now on nothing new gets the type; what has it keeps it. Or takes that back.</summary>
static class DeprecateThingType
{
    public static Decision<ThingTypeEvent> Decide(Command command, ThingType type, DateTimeOffset now) => type switch
    {
        { Exists: false } => ThingType.Missing(command.ThingTypeName),
        { DeprecatedAt: null } when !command.Undo => new ThingTypeDeprecated(now),
        { DeprecatedAt: not null } when command.Undo => new ThingTypeRestored(now),
        _ => Decision<ThingTypeEvent>.Nothing,
    };
}

sealed class DeprecateThingTypeConsumer(Registry registry) : IConsumer<Command>
{
    public async Task Consume(ConsumeContext<Command> context) => await context.Done((await registry.WriteType(
        context.Message.ThingTypeName, context.Message.RequestedBy, type => DeprecateThingType.Decide(context.Message, type, registry.Now), context.CancellationToken)).Refusal);
}
