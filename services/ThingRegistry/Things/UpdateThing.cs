using FleetPlatform.ThingRegistry.Types;
using Command = FleetPlatform.Contracts.ThingRegistry.UpdateThing;

namespace FleetPlatform.ThingRegistry.Things;

/// <summary>Changes type and attributes of a thing; what the command leaves out stays.</summary>
static class UpdateThing
{
    public static Decision<ThingEvent> Decide(Command command, Thing thing, bool typeUsable, DateTimeOffset now)
    {
        if (!thing.Exists) return Thing.Missing(command.ThingName);
        if (RefuseVersion(command.ThingName, thing, command.ExpectedVersion) is { } moved) return moved;
        if (command is { RemoveThingType: true, ThingTypeName: not null })
            return new Refusal(Reasons.InvalidRequest.Code, "thingTypeName and removeThingType exclude each other.");
        if (!typeUsable && command.ThingTypeName != thing.TypeName) return ThingType.Unusable(command.ThingTypeName!);

        var type = command.RemoveThingType ? null : command.ThingTypeName ?? thing.TypeName;
        var attributes = command switch
        {
            { Attributes: null } => thing.Attributes,
            { MergeAttributes: true } => AttributeRules.Merge(thing.Attributes, command.Attributes),
            _ => AttributeRules.Normalize(command.Attributes),
        };
        if (AttributeRules.Refuse(attributes, type is not null) is { } refusal) return refusal;

        return type == thing.TypeName && AttributeRules.Same(attributes, thing.Attributes)
            ? Decision<ThingEvent>.Nothing
            : new ThingUpdated(type, attributes, now);
    }

    /// <summary>The refusal when the caller has seen an older thing than this one; null when it named no version.</summary>
    public static Refusal? RefuseVersion(string name, Thing thing, long? expected) =>
        expected is { } version && version != thing.Revision
            ? new(Reasons.VersionConflict.Code, $"Thing {name} is at version {thing.Revision}, not {version}.")
            : null;

    public static async Task<Written<Thing, ThingEvent>> Handle(Command command, Registry registry, CancellationToken cancellation)
    {
        var typeUsable = await TypesTable.IsUsable(registry.Database, command.ThingTypeName, cancellation);
        return await registry.WriteThing(command.ThingName, command.RequestedBy,
            thing => Decide(command, thing, typeUsable, registry.Now), cancellation);
    }
}

sealed class UpdateThingConsumer(Registry registry) : IConsumer<Command>
{
    public async Task Consume(ConsumeContext<Command> context) => await context.Answer(
        await UpdateThing.Handle(context.Message, registry, context.CancellationToken),
        thing => thing.Describe(context.Message.ThingName));
}
