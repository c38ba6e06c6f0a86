using System.Diagnostics;
using System.Globalization;
using FleetPlatform.Events;
using FleetPlatform.RotationScheduler.Renewals;

namespace FleetPlatform.RotationScheduler.Rotations;

enum RotationPhase
{
    /// <summary>There is no such rotation.</summary>
    None = 0,

    /// <summary>Between two attempts.</summary>
    Waiting = 1,

    /// <summary>The device was told.</summary>
    Commanded = 2,

    /// <summary>The device has a new certificate that is not proven.</summary>
    Offered = 3,

    /// <summary>The new certificate is proven, the old one still works.</summary>
    Overlap = 4,

    /// <summary>The old certificate is being made INACTIVE.</summary>
    Retiring = 5,

    /// <summary>It is INACTIVE, and waits to be revoked.</summary>
    Retired = 6,
    Completed = 7,
    Failed = 8,
    Cancelled = 9,
}

/// <summary>What a device holds after it has registered a certificate: that one, and the one it registered it with.</summary>
readonly record struct CertificatePair(string CertificateId, string RenewalOf, DateTimeOffset RegisteredAt);

/// <summary>What decisions about one rotation need to know.</summary>
sealed record Rotation : IAggregate<Rotation, RotationEvent>
{
    public static Rotation Initial { get; } = new();

    public RotationPhase Phase { get; private init; }
    public RotationStarted? Started { get; private init; }
    public int Attempt { get; private init; }

    /// <summary>Certificates to retire once a new one is proven; the first is the one the rotation began with.</summary>
    public IReadOnlyList<string> Old { get; private init; } = [];

    /// <summary>Those of <see cref="Old"/> that are INACTIVE.</summary>
    public IReadOnlyList<string> Deactivated { get; private init; } = [];

    /// <summary>Registered by the device, neither proven nor given up.</summary>
    public IReadOnlyList<string> Offers { get; private init; } = [];

    /// <summary>Those of <see cref="Offers"/> with which the device has connected.</summary>
    public IReadOnlyList<string> Connected { get; private init; } = [];

    /// <summary>Never to be trusted: revoked as soon as possible.</summary>
    public IReadOnlyList<string> Doomed { get; private init; } = [];

    /// <summary>Every pair the device has ever held. News of one comes late, and of one that is revoked it must not bring it back.</summary>
    public IReadOnlyList<CertificatePair> Pairs { get; private init; } = [];

    /// <summary>What works no more, or will not: doomed, revoked, or being retired.</summary>
    public IReadOnlySet<string> Dead { get; private init; } = new HashSet<string>();

    /// <summary>The new certificate, once it has connected and published.</summary>
    public string? Proven { get; private init; }

    public DateTimeOffset? ProvenAt { get; private init; }

    /// <summary>When the newest certificate that was ever proven was registered: the device holds that pair or a later one.</summary>
    public DateTimeOffset? Reached { get; private init; }

    /// <summary>When time alone decides something.</summary>
    public DateTimeOffset? WakeAt { get; private init; }

    /// <summary>How many of the device's own words are recorded.</summary>
    public int Reports { get; private init; }

    public static StreamId StreamOf(string thing, int number) => StreamId.Of("rotation", $"{thing}-{number}");

    /// <summary>Whose a stream is, and which of the thing's.</summary>
    public static (string Thing, int Number) NameOf(StreamId stream)
    {
        var dash = stream.Key.LastIndexOf('-');
        return (stream.Key[..dash], int.Parse(stream.Key.AsSpan(dash + 1), CultureInfo.InvariantCulture));
    }

    public RotationTerms Terms => Started?.Terms ?? RotationTerms.Default;

    public bool IsOpen => Phase is not (RotationPhase.None or RotationPhase.Completed or RotationPhase.Failed or RotationPhase.Cancelled);

    /// <summary>The certificate that the device is to replace: the last that worked.</summary>
    public string? Target => Old.LastOrDefault(id => !Deactivated.Contains(id));

    /// <summary>Longer than anything a rotation waits for. Whatever is to happen later than that was decided before the clock jumped back.</summary>
    public static TimeSpan LongestWait { get; } = TimeSpan.FromDays(31);

    /// <summary>Whether time has come for the next step.</summary>
    public bool IsDue(DateTimeOffset now) => WakeAt <= now || WakeAt - now > LongestWait;

    /// <summary>Open, and no new certificate is proven yet.</summary>
    public bool IsUnproven => Phase is RotationPhase.Waiting or RotationPhase.Commanded or RotationPhase.Offered;

    /// <summary>Whether a certificate was registered before one that is proven: the device has left it behind, however late the news comes.</summary>
    public bool HasLeftBehind(DateTimeOffset registeredAt) => registeredAt < Reached;

    /// <summary>Whether it has had to do with a certificate.</summary>
    public bool Knows(string certificateId) => Started?.OldCertificateId == certificateId || Pairs.Any(pair => pair.CertificateId == certificateId);

    /// <summary>
    /// Of these certificates those that can die without leaving the device without one: of each pair that it may hold, one must live.
    /// </summary>
    /// <param name="isActive">Whether a certificate is registered ACTIVE, which others decide, too; null: what is on record here counts alone.</param>
    public IReadOnlyList<string> Expendable(IEnumerable<string> certificateIds, Func<string, bool>? isActive = null)
    {
        var dead = new HashSet<string>(isActive is null ? Dead : Dead.Concat(Certificates.Where(id => !isActive(id))), StringComparer.Ordinal);
        var expendable = new List<string>();
        foreach (var id in certificateIds)
        {
            dead.Add(id);
            if (Pairs.Any(pair => MayBeHeld(pair) && dead.Contains(pair.CertificateId) && dead.Contains(pair.RenewalOf))) dead.Remove(id);
            else expendable.Add(id);
        }

        return expendable;
    }

    /// <summary>All that it has had to do with.</summary>
    public IEnumerable<string> Certificates => Pairs.SelectMany(pair => (string[])[pair.CertificateId, pair.RenewalOf]).Concat(Old).Distinct(StringComparer.Ordinal);

    /// <summary>When a certificate was registered.</summary>
    public DateTimeOffset RegisteredAt(string certificateId) => Pairs.First(pair => pair.CertificateId == certificateId).RegisteredAt;

    /// <summary>
    /// The offers beside a proven certificate that say nothing against it: the device had them before it, or asked for them with it.
    /// One that it asked for with an older certificate may mean that it is back with that.
    /// </summary>
    public IReadOnlyList<CertificatePair> Superseded => Proven is null
        ? []
        : [.. Pairs.Where(pair => Offers.Contains(pair.CertificateId) && (HasLeftBehind(pair.RegisteredAt) || pair.RenewalOf == Proven))];

    bool MayBeHeld(CertificatePair pair) => !HasLeftBehind(pair.RegisteredAt);

    public Rotation Evolve(RotationEvent @event) => @event switch
    {
        RotationStarted e => Initial with { Phase = RotationPhase.Waiting, Started = e, Old = [e.OldCertificateId], WakeAt = e.At },
        RotationCommanded e => this with { Phase = RotationPhase.Commanded, Attempt = e.Attempt, WakeAt = e.Deadline },
        CertificateOffered e => Offer(e),
        OfferConnected e => this with { Connected = [.. Connected, e.CertificateId] },
        OfferProven e => Prove(e),
        OffersSuperseded e => GiveUp(e.Doomed),
        DeviceReported => this with { Reports = Reports + 1 },
        AttemptFailed e => GiveUp(e.Doomed) with
        {
            Phase = RotationPhase.Waiting,
            Connected = [],
            Proven = null,
            ProvenAt = null,
            WakeAt = e.RetryAt,
            Old = Proven is { } kept && !e.Doomed.Contains(kept) ? [.. Old, kept] : Old,
        },
        OfferSpared e => this with { Doomed = [.. Doomed.Where(id => id != e.CertificateId)], Dead = Dead.Where(id => id != e.CertificateId).ToHashSet() },
        OfferRevoked e => this with { Doomed = [.. Doomed.Where(id => id != e.CertificateId)] },
        RetirementBegun => this with { Phase = Old.All(Deactivated.Contains) ? RotationPhase.Retired : RotationPhase.Retiring, Dead = DeadWith(Old) },
        OldDeactivated e => this with
        {
            Phase = Old.All(id => id == e.CertificateId || Deactivated.Contains(id)) ? RotationPhase.Retired : RotationPhase.Retiring,
            Deactivated = [.. Deactivated, e.CertificateId],
            WakeAt = e.RevokeAt ?? WakeAt,
        },
        OldRevoked e => Old.Where(id => id != e.CertificateId).ToArray() is var left && left.All(Deactivated.Contains)
            ? this with { Old = left, Phase = RotationPhase.Retired }
            : this with { Old = left },
        RotationCompleted => this with { Phase = RotationPhase.Completed, WakeAt = null },
        RotationFailed e => GiveUp(e.Doomed) with { Phase = RotationPhase.Failed, WakeAt = null },
        RotationCancelled e => GiveUp(e.Doomed) with { Phase = RotationPhase.Cancelled, WakeAt = null },
        _ => throw new UnreachableException($"No fold for {@event.GetType().Name}."),
    };

    Rotation Offer(CertificateOffered e)
    {
        var offered = this with { Offers = [.. Offers, e.CertificateId], Pairs = [.. Pairs, new(e.CertificateId, e.RenewalOf, e.RegisteredAt)] };
        return Proven is not null ? offered : offered with { Phase = RotationPhase.Offered, Attempt = Math.Max(Attempt, 1), WakeAt = e.Deadline };
    }

    Rotation Prove(OfferProven e)
    {
        var rest = GiveUp(e.Doomed) is var state ? state with { Offers = [.. state.Offers.Where(id => id != e.CertificateId)] } : state;
        var registeredAt = RegisteredAt(e.CertificateId);
        if (Reached > registeredAt && Proven is not null) return rest with { Old = [.. Old, e.CertificateId] }; // late news: a newer one is proven
        return rest with
        {
            Phase = RotationPhase.Overlap,
            Proven = e.CertificateId,
            ProvenAt = e.At,
            WakeAt = e.RetireAt,
            Reached = Reached > registeredAt ? Reached : registeredAt,
            Old = Proven is { } before ? [.. Old, before] : Old,
        };
    }

    Rotation GiveUp(IReadOnlyList<string> doomed) => this with
    {
        Offers = [.. Offers.Except(doomed)],
        Doomed = [.. Doomed, .. doomed],
        Dead = DeadWith(doomed),
        Old = [.. Old.Except(doomed)],
    };

    HashSet<string> DeadWith(IEnumerable<string> more) => [.. Dead, .. more];
}
