using FleetPlatform.Contracts.RotationScheduler;
using FleetPlatform.Events;
using FleetPlatform.Events.Reading;
using FleetPlatform.RotationScheduler.Certificates;
using FleetPlatform.RotationScheduler.Renewals;

namespace FleetPlatform.RotationScheduler.Rotations;

/// <summary>
/// A device has registered a new certificate over its current one: the answer to a command, or its own idea. News that comes twice
/// changes nothing.
/// </summary>
sealed class AcceptCertificate(EventStore store, RotationsTable table, NoteUse uses, RenewalRules rules, TimeProvider clock)
{
    readonly GroupRead<string, DateTimeOffset?> _ends = Lookups.By(store, """
        select wanted.id, found.not_after from unnest($1) wanted (id)
        cross join lateral (select not_after from fleet_certificates c where c.certificate_id = wanted.id limit 1) found
        """, row => row.Time(1));

    /// <summary>What the new certificate is to the thing's latest rotation. Nothing when that one is over and proved none that is newer: the device began by itself.</summary>
    /// <param name="expiredAt">The end of the certificate that it was asked with, if that was over.</param>
    public static Decision<RotationEvent> Decide(CertificatePair pair, Rotation rotation, DateTimeOffset now, DateTimeOffset? expiredAt = null)
    {
        var leftBehind = IsLeftBehind(pair, rotation);
        if ((!rotation.IsOpen && !leftBehind) || rotation.Knows(pair.CertificateId)) return Decision<RotationEvent>.Nothing;
        var offered = new CertificateOffered(pair.CertificateId, pair.RenewalOf, pair.RegisteredAt, now + rotation.Terms.Answer) { At = now, ExpiredAt = expiredAt };

        // The device uses a later one already, and the news of this one is late: perhaps the rotation is over meanwhile.
        if (leftBehind && rotation.Evolve(offered).Expendable([pair.CertificateId]) is [_, ..] doomed)
            return (RotationEvent[])[offered, new OffersSuperseded(doomed) { At = now }];

        // Asking for the next one over a connection with this one is as good a proof as any; and the device has forgotten the one before.
        return rotation.Offers.Contains(pair.RenewalOf)
            ? (RotationEvent[])[NoteUse.Proven(pair.RenewalOf, rotation, now, now), offered]
            : offered;
    }

    /// <summary>Whether the device has proven a later one than this, which it got over a connection with one of the same rotation.</summary>
    public static bool IsLeftBehind(CertificatePair pair, Rotation rotation) => rotation.HasLeftBehind(pair.RegisteredAt) && rotation.Certificates.Contains(pair.RenewalOf);

    /// <summary>Of a rotation that the device began itself.</summary>
    public static RotationEvent[] Begin(string thing, CertificatePair pair, int number, RenewalRule? rule, DateTimeOffset? expiredAt, DateTimeOffset now)
    {
        var terms = rule?.Terms ?? RotationTerms.Default;
        return
        [
            new RotationStarted(thing, number, pair.RenewalOf, RotationReason.Device, null, rule?.Scope, terms, pair.RenewalOf) { At = now },
            new CertificateOffered(pair.CertificateId, pair.RenewalOf, pair.RegisteredAt, now + terms.Answer) { At = now, ExpiredAt = expiredAt },
        ];
    }

    public async Task Handle(CertificateRow row, CancellationToken cancellation)
    {
        var number = await Place(row, cancellation);

        // The device may have been faster than the news of its certificate.
        if (await uses.Find(row.CertificateId, cancellation) is [_, ..] early) await uses.Handle(row.ThingName!, number, early, cancellation);
    }

    // Into the rotation that is open, else into one of its own; news of a certificate of an earlier one changes nothing.
    async Task<int> Place(CertificateRow row, CancellationToken cancellation)
    {
        var (thing, number) = (row.ThingName!, await table.LatestNumber(row.ThingName!, cancellation));
        if (await table.KnewBefore(thing, number, row.CertificateId, cancellation)) return number;
        var expiredAt = await FindExpiry(row, cancellation);
        if (number == 0) return await BeginOwn(row, 1, expiredAt, cancellation);

        var written = await store.WriteToAggregate<Rotation, RotationEvent>(Rotation.StreamOf(thing, number),
            rotation => Decide(PairOf(row), rotation, clock.GetUtcNow(), expiredAt), new() { Actor = row.RenewalOf }, cancellation);
        return written.State.Knows(row.CertificateId) ? number : await BeginOwn(row, number + 1, expiredAt, cancellation);
    }

    static CertificatePair PairOf(CertificateRow row) => new(row.CertificateId, row.RenewalOf!, row.RegisteredAt);

    async Task<DateTimeOffset?> FindExpiry(CertificateRow row, CancellationToken cancellation) =>
        (await _ends.Read([row.RenewalOf!], cancellation))[row.RenewalOf!].FirstOrDefault() is { } end && end < row.RegisteredAt ? end : null;

    async Task<int> BeginOwn(CertificateRow row, int number, DateTimeOffset? expiredAt, CancellationToken cancellation)
    {
        var rule = RenewalRules.Of(await rules.Read(cancellation), row.Groups, row.Template);
        var session = store.OpenSession(new() { Actor = row.RenewalOf });
        session.StartStream(Rotation.StreamOf(row.ThingName!, number), Begin(row.ThingName!, PairOf(row), number, rule, expiredAt, clock.GetUtcNow()));
        await session.SaveChangesAsync(cancellation); // someone who is faster: the message is retried on what is there then
        return number;
    }
}

/// <summary>Why an attempt, or a rotation, has failed. Stable; shown to operators and counted.</summary>
static class FailureCodes
{
    /// <summary>No new certificate by the deadline.</summary>
    public const string NoAnswer = "no-answer";

    /// <summary>A new certificate by the deadline, but no connection with it.</summary>
    public const string NeverConnected = "never-connected";

    /// <summary>A connection with the new certificate by the deadline, but nothing published.</summary>
    public const string NeverPublished = "never-published";

    /// <summary>The device came back with the old certificate.</summary>
    public const string RolledBack = "rolled-back";

    /// <summary>The device said that it failed.</summary>
    public const string DeviceReported = "device-reported";

    /// <summary>A pair was to be pushed and reached nobody.</summary>
    public const string NotPushed = "pair-not-pushed";

    /// <summary>The old certificate works no more: there is nothing to rotate with.</summary>
    public const string OldLost = "old-certificate-lost";

    /// <summary>The device has asked for yet another certificate and does not use it: which of them it holds is not known, so none is retired.</summary>
    public const string Ambiguous = "another-certificate-unproven";

    /// <summary>The new certificate works no more; the old one stays.</summary>
    public const string NewLost = "new-certificate-lost";
}
