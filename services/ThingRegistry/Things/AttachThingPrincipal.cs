using FleetPlatform.ThingRegistry.Principals;
using Command = FleetPlatform.Contracts.ThingRegistry.AttachThingPrincipal;

namespace FleetPlatform.ThingRegistry.Things;

/// <summary>
/// Attaches a certificate to a thing. The fact is the principal's; the thing's stream tells it too. Attaching twice is attaching once.
/// A certificate attached exclusively has no other thing, and none can be added to it.
/// </summary>
static class AttachThingPrincipal
{
    public static Decision<PrincipalEvent> Decide(Command command, Thing thing, Principal principal, DateTimeOffset now)
    {
        if (thing.Id is not { } thingId) return Thing.Missing(command.ThingName);
        if (!principal.Exists) return Principal.Missing(command.CertificateId);
        if (principal.Things.FirstOrDefault(other => other.ThingName != command.ThingName && (command.Exclusive || other.Exclusive)) is { } other)
            return new Refusal(Reasons.InvalidRequest.Code, $"The certificate is attached to thing {other.ThingName}, and one of the two attachments is exclusive.");

        return principal.Things.Contains(new(command.ThingName, thingId, command.Exclusive))
            ? Decision<PrincipalEvent>.Nothing
            : new ThingAttached(command.ThingName, thingId, command.Exclusive, now);
    }

    public static async Task<Refusal?> Handle(Command command, Registry registry, CancellationToken cancellation)
    {
        if ((Names.RefuseThingName(command.ThingName) ?? Names.RefuseCertificateId(command.CertificateId)) is { } badName) return badName;

        return await registry.Transact(new() { Actor = command.RequestedBy }, async session =>
        {
            var thing = await session.FetchForWriting<Thing, ThingEvent>(Registry.ThingStream(command.ThingName), cancellation);
            var principal = await session.FetchForWriting<Principal, PrincipalEvent>(Registry.PrincipalStream(command.CertificateId), cancellation);
            var now = registry.Now;
            var decision = Decide(command, thing.Aggregate, principal.Aggregate, now);
            if (decision.Events.Count == 0) return decision.Refusal;

            principal.Append([.. decision.Events]);
            // Also when it is attached already and only the exclusiveness changes: the append holds a concurrent delete off.
            thing.Append(new CertificateAttached(command.CertificateId, now));
            return null;
        }, cancellation);
    }
}

sealed class AttachThingPrincipalConsumer(Registry registry) : IConsumer<Command>
{
    public async Task Consume(ConsumeContext<Command> context) =>
        await context.Done(await AttachThingPrincipal.Handle(context.Message, registry, context.CancellationToken));
}
