using System.Diagnostics;
using FleetPlatform.Contracts;
using FleetPlatform.Contracts.Revocation;
using FleetPlatform.Contracts.ThingRegistry;
using FleetPlatform.Events;
using FleetPlatform.ServiceDefaults;

namespace FleetPlatform.RotationScheduler.Rotations;

/// <summary>What is to be done outside before the rotation can go on. Each may be done twice.</summary>
/// <param name="Kind">What.</param>
/// <param name="CertificateId">To which certificate.</param>
readonly record struct RotationAct(RotationActKind Kind, string CertificateId);

enum RotationActKind
{
    RevokeDoomed = 0,
    DeactivateOld = 1,
    RevokeOld = 2,

    /// <summary>Leave it: done instead of <see cref="RevokeDoomed"/> when that could be the device's last.</summary>
    SpareDoomed = 3,
}

/// <summary>What time brings: the next attempt, the end of one, the retirement of the old certificate. All that an act outside needs is on record before it.</summary>
static class AdvanceRotation
{
    /// <summary>The act that is due, which comes before any event; null when none is.</summary>
    /// <param name="isActive">Whether a certificate is registered ACTIVE.</param>
    public static RotationAct? ActOf(Rotation rotation, Func<string, bool> isActive, DateTimeOffset now)
    {
        if (rotation.Doomed is [var doomed, ..]) return new(RotationActKind.RevokeDoomed, doomed);
        if (rotation.Proven is not { } proven) return null;
        return rotation.Phase switch
        {
            // Never the old one before the new one works: the last look is now, not when it was proven.
            RotationPhase.Retiring when isActive(proven) => new(
                RevokesAtOnce(rotation) ? RotationActKind.RevokeOld : RotationActKind.DeactivateOld, rotation.Old.First(id => !rotation.Deactivated.Contains(id))),
            _ when !rotation.IsDue(now) => null,
            RotationPhase.Retired when rotation.Terms.RevokeAfter is not null && rotation.Old is [var old, ..] => new(RotationActKind.RevokeOld, old),
            _ => null,
        };
    }

    // INACTIVE for no time at all is nothing that anybody could use: one change instead of two.
    static bool RevokesAtOnce(Rotation rotation) => rotation.Terms.RevokeAfter == TimeSpan.Zero;

    /// <summary>The event that an act leaves behind.</summary>
    public static Decision<RotationEvent> Record(RotationAct act, Rotation rotation, DateTimeOffset now) => act.Kind switch
    {
        RotationActKind.RevokeDoomed when rotation.Doomed.Contains(act.CertificateId) => new OfferRevoked(act.CertificateId, rotation.Doomed.Count > 1 ? now : rotation.WakeAt) { At = now },
        RotationActKind.SpareDoomed when rotation.Doomed.Contains(act.CertificateId) => new OfferSpared(act.CertificateId, rotation.Doomed.Count > 1 ? now : rotation.WakeAt) { At = now },
        RotationActKind.DeactivateOld when rotation.Phase == RotationPhase.Retiring && !rotation.Deactivated.Contains(act.CertificateId) =>
            new OldDeactivated(act.CertificateId, now + rotation.Terms.RevokeAfter) { At = now },
        RotationActKind.RevokeOld when rotation.Phase is RotationPhase.Retiring or RotationPhase.Retired && rotation.Old.Contains(act.CertificateId) =>
            new OldRevoked(act.CertificateId) { At = now },
        _ => Decision<RotationEvent>.Nothing,
    };

    /// <summary>The same, and what follows from it by itself, unless that is another act: one transaction instead of two.</summary>
    public static Decision<RotationEvent> RecordAndGoOn(RotationAct act, Rotation rotation, Func<string, bool> isActive, DateTimeOffset now)
    {
        var recorded = Record(act, rotation, now);
        var after = recorded.Events.Aggregate(rotation, static (state, @event) => state.Evolve(@event));
        return recorded.Events.Count == 0 || ActOf(after, isActive, now) is not null
            ? recorded
            : Decision<RotationEvent>.Of([.. recorded.Events, .. Decide(after, isActive, now).Events]);
    }

    /// <summary>What happens by itself once its time has come.</summary>
    public static Decision<RotationEvent> Decide(Rotation rotation, Func<string, bool> isActive, DateTimeOffset now)
    {
        if (!rotation.IsOpen || rotation.Doomed.Count > 0 || (!rotation.IsDue(now) && rotation.Phase != RotationPhase.Retiring)) return Decision<RotationEvent>.Nothing;
        switch (rotation.Phase)
        {
            case RotationPhase.Waiting:
                return rotation.Target is { } target && isActive(target) ? Command(rotation, target, now) : Lost(FailureCodes.OldLost, "The certificate to be replaced is not active any more.");
            case RotationPhase.Commanded:
                return AttemptEnds.With(FailureCodes.NoAnswer, "No new certificate by the deadline: the device is away, does not subscribe, or cannot.", rotation, now, isActive);
            case RotationPhase.Offered:
                return rotation.Connected.Count == 0
                    ? AttemptEnds.With(FailureCodes.NeverConnected, "The device has a new certificate and did not connect with it by the deadline.", rotation, now, isActive)
                    : AttemptEnds.With(FailureCodes.NeverPublished, "The device connected with its new certificate and published nothing by the deadline.", rotation, now, isActive);
            case RotationPhase.Overlap or RotationPhase.Retired when rotation.Offers.Count > 0 && rotation.Offers.Count == rotation.Superseded.Count && isActive(rotation.Proven!):
                return Supersede(rotation, isActive, now);
            case RotationPhase.Overlap when rotation.Offers.Count > 0:
                return Lost(FailureCodes.Ambiguous, "The device asked for yet another certificate beside the proven one, and does not use it. The old one stays.");
            case RotationPhase.Overlap or RotationPhase.Retiring:
                return isActive(rotation.Proven!)
                    ? rotation.Phase == RotationPhase.Overlap ? new RetirementBegun { At = now } : Decision<RotationEvent>.Nothing
                    : Lost(FailureCodes.NewLost, "The new certificate is not active any more; the old one stays.");
            case RotationPhase.Retired when rotation.Offers.Count > 0:
                return new RotationFailed(FailureCodes.Ambiguous, "The device asked for yet another certificate while the old one was retired; it stays beside the proven one.", []) { At = now };
            case RotationPhase.Retired:
                return rotation.Old.Count == 0 || rotation.Terms.RevokeAfter is null ? new RotationCompleted { At = now } : Decision<RotationEvent>.Nothing;
            default:
                throw new UnreachableException($"No next step from {rotation.Phase}.");
        }

        Decision<RotationEvent> Lost(string code, string detail) => new RotationFailed(code, detail, code == FailureCodes.Ambiguous ? [] : rotation.Expendable(rotation.Offers, isActive)) { At = now };
    }

    // The device that asked for the next one with the proven one has as long to use it as for any.
    static Decision<RotationEvent> Supersede(Rotation rotation, Func<string, bool> isActive, DateTimeOffset now)
    {
        var over = rotation.Superseded.Where(pair => rotation.HasLeftBehind(pair.RegisteredAt) || now - pair.RegisteredAt is var age && (age >= rotation.Terms.Answer || age < TimeSpan.Zero));
        var doomed = rotation.Expendable(over.Select(pair => pair.CertificateId), isActive);
        return doomed.Count > 0 ? new OffersSuperseded(doomed) { At = now } : Decision<RotationEvent>.Nothing;
    }

    static Decision<RotationEvent> Command(Rotation rotation, string target, DateTimeOffset now) => new RotationCommanded(
        rotation.Started!.ThingName, rotation.Started.Number, rotation.Attempt + 1, target, now + rotation.Terms.Answer)
    {
        At = now, PushPair = rotation.Terms.PushPair,
    };
}

/// <summary>Does the acts, and records them. Stopped between any two steps, it goes on from what is on record.</summary>
sealed class RotationWork(
    EventStore store, RotationsTable table, IBatcher<ChangeCertificateStatus, ChangeCertificateStatusAnswer> registry,
    IBatcher<RevokeCertificate, RevokeCertificateAnswer> revocation, TimeProvider clock)
{
    const string Actor = "rotation-scheduler";
    const int MaximumSteps = 64;

    /// <summary>Takes a rotation as far as it goes now.</summary>
    /// <exception cref="RequestUnavailableException">Revocation or registry did not answer: again at the next turn.</exception>
    public async Task Handle(string thing, int number, CancellationToken cancellation)
    {
        var id = Rotation.StreamOf(thing, number);
        var (_, rotation, version) = (await store.FetchAsync<Rotation, RotationEvent>([id], cancellation))[0];
        for (var step = 0; step < MaximumSteps && (rotation.IsOpen || rotation.Doomed.Count > 0); step++)
        {
            var events = await Next(rotation, cancellation);
            if (events.Count == 0) return;
            var session = store.OpenSession(new() { Actor = Actor });
            session.Append(id, version, events);
            try
            {
                await session.SaveChangesAsync(cancellation);
            }
            catch (ConcurrencyException)
            {
                return; // the device was faster: the next turn decides on what is there then, and an act that is done twice is done once
            }

            rotation = events.Aggregate(rotation, static (state, @event) => state.Evolve(@event));
            version += events.Count;
        }
    }

    // The act that is due, if there is one, and what is to be recorded then.
    async Task<IReadOnlyList<RotationEvent>> Next(Rotation rotation, CancellationToken cancellation)
    {
        var active = await table.ActiveOf([.. rotation.Certificates], cancellation);
        var now = clock.GetUtcNow();
        if (AdvanceRotation.ActOf(rotation, active.Contains, now) is not { } act) return AdvanceRotation.Decide(rotation, active.Contains, now).Events;
        if (act.Kind == RotationActKind.RevokeDoomed && await IsLastResort(rotation, act.CertificateId, cancellation)) act = act with { Kind = RotationActKind.SpareDoomed };
        else await Do(act, cancellation);
        return AdvanceRotation.RecordAndGoOn(act, rotation, active.Contains, clock.GetUtcNow()).Events;
    }

    Task<bool> IsLastResort(Rotation rotation, string certificateId, CancellationToken cancellation) => table.IsLastResort(
        rotation.Started!.ThingName, certificateId, rotation.HasLeftBehind(rotation.RegisteredAt(certificateId)), cancellation);

    async Task Do(RotationAct act, CancellationToken cancellation)
    {
        var refused = act.Kind == RotationActKind.DeactivateOld
            ? (await registry.Ask(new() { CertificateId = act.CertificateId, Status = CertificateStatus.Inactive, RequestedBy = Actor }, cancellation)).Refused
            : (await revocation.Ask(new() { CertificateId = act.CertificateId, Reason = RevocationReason.Superseded, RequestedBy = Actor }, cancellation)).Refused;

        // Deleted or revoked by somebody else meanwhile: it works no more, which is all that was wanted.
        if (refused is null || refused.Code == Reasons.NotFound.Code || refused.Code == Reasons.CertificateState.Code) return;
        throw new RequestUnavailableException($"{act.Kind} was refused: {refused.Code} {refused.Detail}");
    }
}
