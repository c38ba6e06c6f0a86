using FleetPlatform.CertificateAuthority.Certificates;
using FleetPlatform.Contracts.Revocation;
using FleetPlatform.Contracts.ThingRegistry;
using FleetPlatform.Events;
using FleetPlatform.Pki;
using FleetPlatform.ServiceDefaults;
using MassTransit;
using ConcurrencyException = FleetPlatform.Events.ConcurrencyException;

namespace FleetPlatform.CertificateAuthority.Keys;

/// <summary>
/// A certificate was revoked because its key is in other hands: the key is blocked for ever, for certificates of ours and of others. Ours are known here, the
/// registry knows the rest; one that nobody knows has no key to block.
/// </summary>
sealed class BlockKeys(EventStore store, IAsk ask)
{
    const int MaximumAttempts = 8;

    readonly GiveUpRequest _giveUp = new(store);

    /// <exception cref="RequestUnavailableException">The registry did not answer; the news comes again.</exception>
    public async Task Handle(IReadOnlyList<CertificateTrustChange> changes, CancellationToken cancellation)
    {
        var lost = changes.Where(change => change.Reason == RevocationReason.KeyCompromise && CertificateId.IsWellFormed(change.CertificateId))
            .DistinctBy(change => change.CertificateId, StringComparer.Ordinal).ToArray();
        if (lost.Length == 0) return;
        var ours = await store.FetchAsync<Certificate, CertificateEvent>([.. lost.Select(change => Certificate.StreamOf(change.CertificateId))], cancellation);
        var blocked = new Dictionary<string, KeyBlocked>(StringComparer.Ordinal);
        foreach (var (change, certificate) in lost.Zip(ours))
            if ((certificate.Aggregate.Signed?.Certificate ?? await FindForeign(change.CertificateId, cancellation)) is { } der)
                blocked.TryAdd(Convert.ToHexStringLower(KeysTable.HashOf(der)), new(change.CertificateId, change.At));

        await Record(blocked, cancellation);

        // Those who looked before this was recorded, and have not signed yet.
        foreach (var holder in await KeyClaims.FindHolders(store.DataSource, [.. blocked.Keys.Select(Convert.FromHexString)], cancellation))
            if (!CertificateId.IsWellFormed(holder)) await _giveUp.Handle(holder, "Its key was blocked meanwhile.", cancellation);
    }

    async Task Record(Dictionary<string, KeyBlocked> blocked, CancellationToken cancellation)
    {
        for (var attempt = 1; blocked.Count > 0; attempt++)
        {
            var session = store.OpenSession(new() { Actor = "revocation" });
            var streams = await session.FetchManyForWriting<DeviceKey, KeyEvent>([.. blocked.Keys.Select(DeviceKey.StreamOf)], cancellation);
            foreach (var stream in streams)
                if (!stream.Aggregate.IsBlocked) stream.Append(blocked[stream.Id.Key]);
            try
            {
                await session.SaveChangesAsync(cancellation);
                return;
            }
            catch (ConcurrencyException) when (attempt < MaximumAttempts)
            {
                // Another replica has heard of another certificate on the same key.
            }
        }
    }

    async Task<byte[]?> FindForeign(string certificateId, CancellationToken cancellation)
    {
        var answer = await ask.Ask<DescribeCertificate, CertificateDescription>(new() { CertificateId = certificateId }, cancellation);
        return answer.Value is { CertificatePem: { Length: > 0 } pem } ? Pem.TryReadOnly(pem, Pem.Certificate) : null;
    }
}

sealed class BlockKeysConsumer(BlockKeys block) : IConsumer<TrustChanged>
{
    public Task Consume(ConsumeContext<TrustChanged> context) => block.Handle(context.Message.Items, context.CancellationToken);
}
