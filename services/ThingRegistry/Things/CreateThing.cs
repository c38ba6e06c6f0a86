using FleetPlatform.ThingRegistry.Billing;
using FleetPlatform.ThingRegistry.Types;
using Command = FleetPlatform.Contracts.ThingRegistry.CreateThing;

namespace FleetPlatform.ThingRegistry.Things;

/// <summary>Registers a thing. The same thing again, unchanged, succeeds; with other contents it exists already.</summary>
static class CreateThing
{
    /// <param name="typeUsable">Whether things may get the type that the command names; true when it names none.</param>
    /// <param name="billingGroupExists">Whether the billing group that it names exists; true when it names none.</param>
    /// <param name="id">The id a new thing gets.</param>
    public static Decision<ThingEvent> Decide(Command command, Thing thing, bool typeUsable, bool billingGroupExists, Guid id, DateTimeOffset now)
    {
        var attributes = AttributeRules.Normalize(command.Attributes);
        if (!typeUsable && command.ThingTypeName != thing.TypeName) return ThingType.Unusable(command.ThingTypeName!);
        if (!billingGroupExists) return BillingGroup.Missing(command.BillingGroup!);
        if (AttributeRules.Refuse(attributes, command.ThingTypeName is not null) is { } refusal) return refusal;
        if (!thing.Exists) return new ThingRegistered(id, command.ThingTypeName, command.BillingGroup, attributes, [], CertificateId: null, now);

        var same = thing.TypeName == command.ThingTypeName
            && thing.BillingGroup == command.BillingGroup
            && AttributeRules.Same(thing.Attributes, attributes);
        return same
            ? Decision<ThingEvent>.Nothing
            : new Refusal(Reasons.AlreadyExists.Code, $"Thing {command.ThingName} exists with other contents.");
    }

    public static async Task<Written<Thing, ThingEvent>> Handle(Command command, Registry registry, CancellationToken cancellation)
    {
        var typeUsable = await TypesTable.IsUsable(registry.Database, command.ThingTypeName, cancellation);
        var billingGroupExists = await BillingTable.Exists(registry.Database, command.BillingGroup, cancellation);
        return await registry.WriteThing(command.ThingName, command.RequestedBy,
            thing => Decide(command, thing, typeUsable, billingGroupExists, Guid.CreateVersion7(), registry.Now), cancellation);
    }
}

sealed class CreateThingConsumer(Registry registry) : IConsumer<Command>
{
    public async Task Consume(ConsumeContext<Command> context) => await context.Answer(
        await CreateThing.Handle(context.Message, registry, context.CancellationToken),
        thing => thing.Describe(context.Message.ThingName));
}
