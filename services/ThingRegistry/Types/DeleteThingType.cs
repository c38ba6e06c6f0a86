using Command = FleetPlatform.Contracts.ThingRegistry.DeleteThingType;

namespace FleetPlatform.ThingRegistry.Types;

/// <summary>Deletes a type that has been deprecated for a while, so that whoever saw it before is done, and that no thing has. Deleting an unknown one succeeds.</summary>
static class DeleteThingType
{
    /// <param name="hasThings">Whether any thing has it.</param>
    public static Decision<ThingTypeEvent> Decide(Command command, ThingType type, bool hasThings, ThingRegistryOptions options, DateTimeOffset now)
    {
        if (!type.Exists) return Decision<ThingTypeEvent>.Nothing;
        if (type.DeprecatedAt is not { } since)
            return new Refusal(Reasons.InvalidRequest.Code, $"Thing type {command.ThingTypeName} is not deprecated; deprecate it first.");
        if (now - since < options.ThingTypeDeletionDelay)
            return new Refusal(Reasons.InvalidRequest.Code, $"Thing type {command.ThingTypeName} can be deleted {options.ThingTypeDeletionDelay:c} after it was deprecated, at {since + options.ThingTypeDeletionDelay:u}.");
        return hasThings
            ? new Refusal(Reasons.InvalidRequest.Code, $"Things have type {command.ThingTypeName}; give them another one first.")
            : new ThingTypeDeleted(now);
    }

    public static async Task<Refusal?> Handle(Command command, Registry registry, ThingRegistryOptions options, CancellationToken cancellation)
    {
        var hasThings = await TypesTable.HasThings(registry.Database, command.ThingTypeName, cancellation);
        return (await registry.WriteType(command.ThingTypeName, command.RequestedBy, type => Decide(command, type, hasThings, options, registry.Now), cancellation)).Refusal;
    }
}

sealed class DeleteThingTypeConsumer(Registry registry, ThingRegistryOptions options) : IConsumer<Command>
{
    public async Task Consume(ConsumeContext<Command> context) =>
        await context.Done(await DeleteThingType.Handle(context.Message, registry, options, context.CancellationToken));
}
