using FleetPlatform.Contracts;
using FleetPlatform.Events;
using FleetPlatform.RotationScheduler.Renewals;

namespace FleetPlatform.RotationScheduler.Rotations;

/// <summary>Asks for a rotation.</summary>
sealed record RotationWanted(string ThingName, string CertificateId, RotationReason Reason, RenewalRule? Rule, string RequestedBy)
{
    public string? CampaignId { get; init; }

    /// <summary>Instead of the rule's.</summary>
    public RotationTerms? Terms { get; init; }
}

/// <summary>Begins a rotation: one at a time for each thing, so that two campaigns over one device take turns.</summary>
sealed class StartRotation(EventStore store, RotationsTable table, TimeProvider clock)
{
    /// <summary>The first events of a rotation, the command among them; or why there is none.</summary>
    /// <param name="latest">The thing's latest rotation.</param>
    /// <param name="number">What the next one is called.</param>
    public static Decision<RotationEvent> Decide(RotationWanted wanted, Rotation latest, int number, DateTimeOffset now)
    {
        if (latest.IsOpen)
            return new Refusal(Reasons.AlreadyExists.Code, $"{Rotation.StreamOf(wanted.ThingName, number - 1)} is not over yet.");

        var terms = wanted.Terms ?? wanted.Rule?.Terms ?? RotationTerms.Default;
        return (RotationEvent[])
        [
            new RotationStarted(wanted.ThingName, number, wanted.CertificateId, wanted.Reason, wanted.CampaignId, wanted.Rule?.Scope, terms, wanted.RequestedBy) { At = now },
            new RotationCommanded(wanted.ThingName, number, 1, wanted.CertificateId, now + terms.Answer) { At = now, PushPair = terms.PushPair },
        ];
    }

    /// <summary>Begins one, unless one is open. Whoever else begins at the same instant loses, by the stream's name.</summary>
    /// <returns>Its number, or why not.</returns>
    public async Task<(int Number, Refusal? Refusal)> Handle(RotationWanted wanted, CancellationToken cancellation) =>
        await Handle(wanted, await table.Latest(wanted.ThingName, cancellation), cancellation);

    /// <summary>The same for whoever knows the thing's latest rotation already.</summary>
    public async Task<(int Number, Refusal? Refusal)> Handle(RotationWanted wanted, (int Number, Rotation Rotation) known, CancellationToken cancellation)
    {
        var (number, latest) = known;
        var decision = Decide(wanted, latest, number + 1, clock.GetUtcNow());
        if (decision.Refusal is not null) return (number, decision.Refusal);

        var session = store.OpenSession(new() { Actor = wanted.RequestedBy, CorrelationId = wanted.CampaignId });
        session.StartStream(Rotation.StreamOf(wanted.ThingName, number + 1), [.. decision.Events]);
        try
        {
            await session.SaveChangesAsync(cancellation);
            return (number + 1, null);
        }
        catch (ConcurrencyException)
        {
            return (number + 1, new(Reasons.AlreadyExists.Code, $"{Rotation.StreamOf(wanted.ThingName, number + 1)} has just begun."));
        }
    }
}
