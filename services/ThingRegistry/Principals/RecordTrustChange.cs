using FleetPlatform.Contracts.Revocation;
using FleetPlatform.ServiceDefaults;

namespace FleetPlatform.ThingRegistry.Principals;

/// <summary>
/// News of revocations, holds and reinstatements: the registration follows. Also for a certificate nobody has told us of yet, so that a
/// revocation which overtakes the news of the issuance stands. Replicas share the queue, and what failed comes again later: of holds and their ends the
/// latest by version counts, in whatever order they come, and each that counts is recorded, even where it changes nothing. A revocation is final.
/// </summary>
static class RecordTrustChange
{
    public static Decision<PrincipalEvent> Decide(CertificateTrustChange change, Principal principal) => (change.Reason, principal) switch
    {
        (_, { WasRevoked: true }) => Decision<PrincipalEvent>.Nothing,
        (not null and not RevocationReason.CertificateHold, _) => new PrincipalRevoked(principal.Status, change.At),
        _ when change.Version <= principal.TrustVersion => Decision<PrincipalEvent>.Nothing,
        (null, _) => new PrincipalReinstated(Before(principal) is var before and not PrincipalStatus.Unknown ? before : PrincipalStatus.PendingActivation, change.At, change.Version),
        _ => new PrincipalSuspended(Before(principal), change.At, change.Version),
    };

    // Of two holds without the end of the first, what was before the first.
    static PrincipalStatus Before(Principal principal) => principal.HeldFrom ?? principal.Status;

    /// <summary>All of them in one transaction; of one certificate, in their order.</summary>
    public static async Task Handle(TrustChanged news, Registry registry, CancellationToken cancellation)
    {
        var certificates = news.Items.Where(item => Names.RefuseCertificateId(item.CertificateId) is null)
            .GroupBy(item => item.CertificateId, StringComparer.Ordinal).ToArray();
        if (certificates.Length == 0) return;

        await registry.Transact(new EventMetadata { Actor = "revocation" }, async session =>
        {
            var streams = await session.FetchManyForWriting<Principal, PrincipalEvent>(
                [.. certificates.Select(changes => Registry.PrincipalStream(changes.Key))], cancellation);
            foreach (var (changes, stream) in certificates.Zip(streams))
            {
                var principal = stream.Aggregate;
                foreach (var change in changes)
                {
                    var events = Decide(change, principal).Events;
                    stream.Append([.. events]);
                    principal = events.Aggregate(principal, (state, @event) => state.Evolve(@event));
                }
            }

            return 0;
        }, cancellation);
    }
}

/// <summary>One message at a time, since those of one certificate would fight for its stream. What is recorded is reported for the receipt, as is old news: what came after it is in effect.</summary>
sealed class TrustChangedConsumer(Registry registry) : IConsumer<TrustChanged>
{
    public async Task Consume(ConsumeContext<TrustChanged> context)
    {
        await RecordTrustChange.Handle(context.Message, registry, context.CancellationToken);
        await context.PublishInTime(new TrustChangeApplied
        {
            By = "thing-registry",
            At = registry.Now,
            Items = [.. context.Message.Items.Select(item => new AppliedTrustChange { CertificateId = item.CertificateId, Version = item.Version })],
        }, context.CancellationToken);
    }
}
