using Command = FleetPlatform.Contracts.ThingRegistry.DeleteThing;

namespace FleetPlatform.ThingRegistry.Things;

/// <summary>Deletes a thing that no certificate is attached to. Deleting an unknown thing succeeds, as on AWS.</summary>
static class DeleteThing
{
    public static Decision<ThingEvent> Decide(Command command, Thing thing, DateTimeOffset now)
    {
        if (!thing.Exists) return Decision<ThingEvent>.Nothing;
        if (UpdateThing.RefuseVersion(command.ThingName, thing, command.ExpectedVersion) is { } moved) return moved;
        return thing.Certificates.Count > 0
            ? new Refusal(Reasons.InvalidRequest.Code, $"Thing {command.ThingName} is still attached to {thing.Certificates.Count} certificate(s); detach them first.")
            : new ThingDeleted(now);
    }

    public static Task<Written<Thing, ThingEvent>> Handle(Command command, Registry registry, CancellationToken cancellation) =>
        registry.WriteThing(command.ThingName, command.RequestedBy, thing => Decide(command, thing, registry.Now), cancellation);
}

sealed class DeleteThingConsumer(Registry registry) : IConsumer<Command>
{
    public async Task Consume(ConsumeContext<Command> context) =>
        await context.Done((await DeleteThing.Handle(context.Message, registry, context.CancellationToken)).Refusal);
}
