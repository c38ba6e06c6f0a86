using FleetPlatform.ThingRegistry.Principals;
using Command = FleetPlatform.Contracts.ThingRegistry.DetachThingPrincipal;

namespace FleetPlatform.ThingRegistry.Things;

/// <summary>Detaches a certificate from a thing. What is not attached stays so, and that is no error.</summary>
static class DetachThingPrincipal
{
    public static Decision<PrincipalEvent> Decide(Command command, Thing thing, Principal principal, DateTimeOffset now)
    {
        if (!principal.Exists) return Principal.Missing(command.CertificateId);
        if (principal.Things.Any(attached => attached.ThingName == command.ThingName)) return new ThingDetached(command.ThingName, now);
        return thing.Exists ? Decision<PrincipalEvent>.Nothing : Thing.Missing(command.ThingName);
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
            if (thing.Aggregate.Certificates.Contains(command.CertificateId)) thing.Append(new CertificateDetached(command.CertificateId, now));
            return null;
        }, cancellation);
    }
}

sealed class DetachThingPrincipalConsumer(Registry registry) : IConsumer<Command>
{
    public async Task Consume(ConsumeContext<Command> context) =>
        await context.Done(await DetachThingPrincipal.Handle(context.Message, registry, context.CancellationToken));
}
