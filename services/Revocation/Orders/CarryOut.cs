using FleetPlatform.Contracts;
using FleetPlatform.Contracts.Revocation;
using FleetPlatform.Contracts.ThingRegistry;
using FleetPlatform.Events;
using FleetPlatform.Revocation.Certificates;
using FleetPlatform.ServiceDefaults;
using ConcurrencyException = FleetPlatform.Events.ConcurrencyException;
using RevokeCertificate = FleetPlatform.Revocation.Certificates.RevokeCertificate;

namespace FleetPlatform.Revocation.Orders;

/// <summary>
/// Carries out one page of an order. The certificates and the order's progress are stored in one transaction, on the expected version of
/// each: after a crash the order goes on behind the last page, and two replicas that carry out the same order cannot both advance it.
/// </summary>
sealed class CarryOut(EventStore store, Selection selection, IAsk ask, RevocationOptions options, TimeProvider clock)
{
    const int MaximumAttempts = 8;

    /// <summary>What an action decides about one certificate.</summary>
    public static Decision<RevocationEvent> Decide(OrderPlaced order, string certificateId, CertificateTrust trust, DateTimeOffset now) => order.Action switch
    {
        TrustAction.Revoke => RevokeCertificate.Decide(
            new() { CertificateId = certificateId, Reason = order.Reason, RequestedBy = order.RequestedBy }, trust, now),
        TrustAction.Suspend => RevokeCertificate.Decide(
            new() { CertificateId = certificateId, Reason = RevocationReason.CertificateHold, RequestedBy = order.RequestedBy }, trust, now),
        TrustAction.Reinstate => ReinstateCertificate.Decide(certificateId, order.RequestedBy, trust, now),
        _ => throw new ArgumentOutOfRangeException(nameof(order), order.Action, "Not an action on trust."),
    };

    /// <summary>Deals with the next page.</summary>
    /// <returns>False when the order is completed.</returns>
    public async Task<bool> NextPage(string orderId, CancellationToken cancellation)
    {
        for (var attempt = 1; ; attempt++)
        {
            var session = store.OpenSession(new() { Actor = "revocation", CorrelationId = orderId });
            var stream = await session.FetchForWriting<Order, OrderEvent>(Order.StreamOf(orderId), cancellation);
            if (stream.Aggregate is not { Placed: { } order, CompletedAt: null }) return false;

            var page = await selection.Next(stream.Aggregate.Selector, stream.Aggregate.After, options.OrderPage, cancellation);
            var advanced = order.Action == TrustAction.Quarantine
                ? await Quarantine(order, page, cancellation)
                : await Change(session, order, page, cancellation);
            OrderEvent[] progress = page.Next is null ? [advanced, new OrderCompleted(clock.GetUtcNow())] : [advanced];
            stream.Append(progress);
            try
            {
                await session.SaveChangesAsync(cancellation);
                return page.Next is not null;
            }
            catch (ConcurrencyException) when (attempt < MaximumAttempts)
            {
                // One of the certificates, or the order itself, has moved: decide again on what is there now.
            }
        }
    }

    async Task<OrderAdvanced> Change(EventSession session, OrderPlaced order, SelectedPage page, CancellationToken cancellation)
    {
        var ids = page.CertificateIds.Where(CertificateTrust.IsCertificateId).Distinct(StringComparer.Ordinal).ToArray();
        var (changed, refused) = (0, 0);
        if (ids.Length > 0)
        {
            var streams = await session.FetchManyForWriting<CertificateTrust, RevocationEvent>([.. ids.Select(CertificateTrust.StreamOf)], cancellation);
            foreach (var (id, stream) in ids.Zip(streams))
            {
                var decision = Decide(order, id, stream.Aggregate, clock.GetUtcNow());
                if (decision.Refusal is not null) refused++;
                else if (decision.Events.Count > 0) changed++;
                stream.Append([.. decision.Events]);
            }
        }

        return new(page.Next, ids.Length, changed, ids.Length - changed - refused, refused);
    }

    // A status is the registry's to give, and giving it twice changes nothing: what a crash repeats does no harm.
    async Task<OrderAdvanced> Quarantine(OrderPlaced order, SelectedPage page, CancellationToken cancellation)
    {
        var answers = await Task.WhenAll(page.CertificateIds.Select(id => ask.Ask<ChangeCertificateStatus, CertificateDescription>(
            new() { CertificateId = id, Status = CertificateStatus.Inactive, RequestedBy = order.RequestedBy }, cancellation)));
        if (answers.FirstOrDefault(answer => answer.Refused?.Code == Reasons.Unavailable.Code).Refused is { } away)
            throw new RequestUnavailableException(away.Detail);
        var refused = answers.Count(answer => answer.Refused is not null);
        return new(page.Next, answers.Length, answers.Length - refused, 0, refused);
    }
}
