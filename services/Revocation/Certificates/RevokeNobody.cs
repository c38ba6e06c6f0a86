using System.Text.Json;
using FleetPlatform.Contracts.Revocation;
using FleetPlatform.Events;
using FleetPlatform.ServiceDefaults;
using Command = FleetPlatform.Contracts.Revocation.RevokeCertificate;

namespace FleetPlatform.Revocation.Certificates;

/// <summary>Revokes nobody's certificate at start: one that nobody has is asked for over the bus and refused, one that was made up is revoked in memory alone.</summary>
sealed class RevokeNobody(IAsk ask) : IWarmUp
{
    const string Self = "warm-up";
    static readonly string Nobodys = new('0', 64); // the fingerprint of no certificate

    public async Task WarmUp(CancellationToken cancellation)
    {
        var command = new Command { CertificateId = Nobodys, Reason = RevocationReason.KeyCompromise, RequestedBy = Self };
        Revoke(command);
        await ask.Ask<Command, RevocationRecorded>(command with { CertificateId = "" }, cancellation);
    }

    static void Revoke(Command command)
    {
        var (trust, recorded, table) = (CertificateTrust.Initial, new List<RecordedEvent>(), new TrustTable());
        Record(RevokeCertificate.Decide(command, trust, DateTimeOffset.UnixEpoch).Events);
        ThereAndBack(PublishTrust.Translate(recorded).Message!);

        var item = new AppliedTrustChange { CertificateId = command.CertificateId, Version = 1 };
        var applied = new TrustChangeApplied { By = Self, At = DateTimeOffset.UnixEpoch, Items = [item] };
        ThereAndBack(applied);
        Record(RecordEffect.Decide(applied, item, trust).Events);
        ThereAndBack(new RevocationRecorded { CertificateId = command.CertificateId, Reason = command.Reason, RevokedAt = DateTimeOffset.UnixEpoch });

        void Record(IReadOnlyList<RevocationEvent> events)
        {
            foreach (var written in events)
            {
                var @event = (RevocationEvent)EventJson.Read(EventJson.Write(written), written.GetType());
                trust = trust.Evolve(@event);
                recorded.Add(new()
                {
                    Id = Guid.Empty, StreamId = CertificateTrust.StreamOf(command.CertificateId), Version = recorded.Count + 1, Type = Self,
                    Timestamp = DateTimeOffset.UnixEpoch, Metadata = EventMetadata.None, Data = @event,
                });
                table.Project(recorded[^1], new());
            }
        }
    }

    static void ThereAndBack<T>(T message) => JsonSerializer.Deserialize<T>(JsonSerializer.SerializeToUtf8Bytes(message, WireJson.Options), WireJson.Options);
}
