using FleetPlatform.Events;
using FleetPlatform.Revocation.Certificates;
using FleetPlatform.ServiceDefaults;
using MassTransit;
using Npgsql;
using Wire = FleetPlatform.Contracts.Revocation;

namespace FleetPlatform.Revocation;

/// <summary>Turns this service's recorded events into the messages others may rely on: one for all changes of a batch.</summary>
sealed class PublishTrust(IBus bus, NpgsqlDataSource database) : ISubscription
{
    public string Name => "revocation.publish";

    public IReadOnlyCollection<Type> IncludedEventTypes => [typeof(TrustChange)];

    public async Task Handle(IReadOnlyList<RecordedEvent> batch, CancellationToken cancellation)
    {
        var (message, messageId) = Translate(batch);
        if (message is null) return;
        await Number(message, cancellation);

        // The last event's id is the message's, so that a repetition after a crash carries it again.
        await bus.PublishInTime(message, cancellation, messageId);
    }

    public static (Wire.TrustChanged? Message, Guid Id) Translate(IReadOnlyList<RecordedEvent> batch)
    {
        var items = new List<Wire.CertificateTrustChange>();
        var id = Guid.Empty;
        foreach (var recorded in batch)
        {
            if (Translate(recorded) is not { } change) continue;
            items.Add(change);
            id = recorded.Id;
        }

        return (items.Count == 0 ? null : new() { Items = items }, id);
    }

    static Wire.CertificateTrustChange? Translate(RecordedEvent recorded) => recorded.Data switch
    {
        CertificateRevoked e => new() { CertificateId = e.CertificateId, Version = recorded.Version, Reason = e.Reason, At = e.RevokedAt },
        RevocationReasonRaised e => new() { CertificateId = e.CertificateId, Version = recorded.Version, Reason = e.Reason, At = e.RevokedAt },
        CertificateReinstated e => new() { CertificateId = e.CertificateId, Version = recorded.Version, At = e.ReinstatedAt },
        _ => null,
    };

    // One leader runs this, so numbers become visible in their order: whoever asks for what follows a number misses nothing.
    async Task Number(Wire.TrustChanged message, CancellationToken cancellation)
    {
        await using var number = database.CreateCommand(
            "update fleet_trust set position = nextval('fleet_trust_positions') where certificate_id = any($1)");
        number.Parameters.Add(TrustTable.Texts(message.Items.Select(item => item.CertificateId).Distinct(StringComparer.Ordinal)));
        await number.ExecuteNonQueryAsync(cancellation);
    }
}
