using FleetPlatform.CertificateAuthority.Certificates;
using FleetPlatform.Contracts.CertificateAuthority;
using FleetPlatform.Events;
using FleetPlatform.Pki;
using FleetPlatform.ServiceDefaults;
using MassTransit;

namespace FleetPlatform.CertificateAuthority;

/// <summary>Turns this service's recorded events into the messages others may rely on: one for all certificates of a batch.</summary>
sealed class PublishCertificates(IBus bus) : ISubscription
{
    public string Name => "certificate-authority.publish";

    public Task Handle(IReadOnlyList<RecordedEvent> batch, CancellationToken cancellation)
    {
        var (message, messageId) = Translate(batch);
        return message is null ? Task.CompletedTask : bus.PublishInTime(message, cancellation, messageId);
    }

    /// <summary>What the batch is worth telling others, and the message's id: the first event's, so that a repetition carries it again.</summary>
    public static (CertificatesIssued? Message, Guid Id) Translate(IReadOnlyList<RecordedEvent> batch)
    {
        var items = new List<IssuedCertificate>();
        foreach (var recorded in batch)
        {
            if (recorded.Type != EventNames.CertificateSigned || recorded.Data is not CertificateSigned e) continue; // Data is parsed when asked for
            if (Profiles.PurposeOf(e) is not { } purpose) continue; // a listener's: nobody connects with it
            items.Add(new()
            {
                EventId = recorded.Id,
                CertificateId = e.CertificateId,
                CertificatePem = Pem.WriteCertificate(e.Certificate),
                Purpose = purpose,
                SerialNumber = e.SerialNumber,
                IssuerId = e.IssuerId,
                NotBefore = e.NotBefore,
                NotAfter = e.NotAfter,
                IssuedAt = e.SignedAt,
                FlowId = e.FlowId,
                RequestedBy = e.RequestedBy,
            });
        }

        return items.Count == 0 ? (null, default) : (new() { Items = items }, items[0].EventId);
    }
}
