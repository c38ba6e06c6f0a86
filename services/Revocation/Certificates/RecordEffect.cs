using FleetPlatform.Contracts.Revocation;
using FleetPlatform.Events;
using MassTransit;
using ConcurrencyException = FleetPlatform.Events.ConcurrencyException;

namespace FleetPlatform.Revocation.Certificates;

/// <summary>A gateway, the registry or a responder says that changes are in effect there: the receipt is recorded, once for each place.</summary>
static class RecordEffect
{
    const int MaximumPlaceLength = 200;
    const int MaximumAttempts = 8;

    public static Decision<RevocationEvent> Decide(TrustChangeApplied applied, AppliedTrustChange item, CertificateTrust trust) =>
        applied.By.Length is 0 or > MaximumPlaceLength || trust.Receipt.Contains((applied.By, item.Version))
            ? Decision<RevocationEvent>.Nothing
            : new ChangeTookEffect(applied.By, item.Version, applied.At, item.SessionsClosed);

    public static async Task Handle(TrustChangeApplied applied, EventStore store, CancellationToken cancellation)
    {
        var items = applied.Items.Where(item => CertificateTrust.IsCertificateId(item.CertificateId)).DistinctBy(item => (item.CertificateId, item.Version))
            .GroupBy(item => item.CertificateId, StringComparer.Ordinal).ToArray();
        for (var attempt = 1; items.Length > 0; attempt++)
        {
            var session = store.OpenSession(new() { Actor = applied.By });
            var streams = await session.FetchManyForWriting<CertificateTrust, RevocationEvent>(
                [.. items.Select(item => CertificateTrust.StreamOf(item.Key))], cancellation);
            foreach (var (certificate, stream) in items.Zip(streams))
                stream.Append([.. certificate.SelectMany(item => Decide(applied, item, stream.Aggregate).Events)]);
            try
            {
                await session.SaveChangesAsync(cancellation);
                return;
            }
            catch (ConcurrencyException) when (attempt < MaximumAttempts)
            {
                // A revocation of one of them came between.
            }
        }
    }
}

/// <summary>One message at a time: reports from several places are about the same streams.</summary>
sealed class TrustChangeAppliedConsumer(EventStore store) : IConsumer<TrustChangeApplied>
{
    public Task Consume(ConsumeContext<TrustChangeApplied> context) => RecordEffect.Handle(context.Message, store, context.CancellationToken);
}
