using FleetPlatform.Contracts;
using FleetPlatform.Contracts.RotationScheduler;
using FleetPlatform.Contracts.ThingRegistry;
using FleetPlatform.Events;
using FleetPlatform.RotationScheduler.Renewals;
using FleetPlatform.ServiceDefaults;
using MassTransit;

namespace FleetPlatform.RotationScheduler.Rotations;

/// <summary>An operator has a device rotate now.</summary>
sealed class RotateThingConsumer(CertificatesOfThing certificates, RenewalRules rules, StartRotation start) : IConsumer<RotateThing>
{
    public async Task Consume(ConsumeContext<RotateThing> context)
    {
        var (command, cancellation) = (context.Message, context.CancellationToken);
        var active = (await certificates.Find(command.ThingName, cancellation)).Where(row => row.View.Status == CertificateStatus.Active).ToArray();
        var (chosen, refusal) = Choose(command, active);
        if (chosen is null)
        {
            await context.RespondAsync(refusal!.ToRefused());
            return;
        }

        var rule = RenewalRules.Of(await rules.Read(cancellation), chosen.Groups, chosen.Template);
        var (number, refused) = await start.Handle(
            new(command.ThingName, chosen.View.CertificateId, RotationReason.Operator, rule, command.RequestedBy), cancellation);
        await (refused is not null
            ? context.RespondAsync(refused.ToRefused())
            : context.RespondAsync(new RotationBegun
            {
                ThingName = command.ThingName, Number = number, StreamId = Rotation.StreamOf(command.ThingName, number).Value,
            }));
    }

    static (ThingCertificate? Chosen, Refusal? Refusal) Choose(RotateThing command, ThingCertificate[] active) => command.CertificateId is { } id
        ? active.FirstOrDefault(row => row.View.CertificateId == id) is { } named
            ? (named, null)
            : (null, new(Reasons.NotFound.Code, $"Certificate {id} is no active certificate of thing {command.ThingName}."))
        : active switch
        {
            [var only] => (only, null),
            [] => (null, new(Reasons.NotFound.Code, $"Thing {command.ThingName} has no active certificate.")),
            _ => (null, new(Reasons.InvalidRequest.Code, $"Thing {command.ThingName} has {active.Length} active certificates: name one.")),
        };
}

/// <summary>An operator calls a rotation off.</summary>
sealed class CancelRotation(EventStore store, RotationsTable table, TimeProvider clock)
{
    public static Decision<RotationEvent> Decide(Rotation rotation, string by, string detail, DateTimeOffset now) => rotation switch
    {
        { IsOpen: false } => new Refusal(Reasons.NotFound.Code, "No rotation of the thing is under way."),
        { IsUnproven: false } => new Refusal(Reasons.InvalidRequest.Code, "The new certificate is proven: the rotation cannot be called off any more."),
        _ => new RotationCancelled(by, detail, rotation.Expendable(rotation.Offers.OrderByDescending(rotation.RegisteredAt))) { At = now },
    };

    public async Task<Refusal?> Handle(string thing, string by, string detail, CancellationToken cancellation)
    {
        var (number, _) = await table.Latest(thing, cancellation);
        if (number == 0) return new(Reasons.NotFound.Code, $"Thing {thing} has no rotation.");
        return (await store.WriteToAggregate<Rotation, RotationEvent>(Rotation.StreamOf(thing, number),
            rotation => Decide(rotation, by, detail, clock.GetUtcNow()), new() { Actor = by }, cancellation)).Refusal;
    }
}

sealed class CancelRotationConsumer(CancelRotation cancel) : IConsumer<Contracts.RotationScheduler.CancelRotation>
{
    public async Task Consume(ConsumeContext<Contracts.RotationScheduler.CancelRotation> context) => await context.AnswerDone(await cancel.Handle(
        context.Message.ThingName, context.Message.RequestedBy, "An operator called it off.", context.CancellationToken));
}
