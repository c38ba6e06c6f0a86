using FleetPlatform.CertificateAuthority.Certificates;
using FleetPlatform.Contracts;
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

    public IReadOnlyCollection<Type> IncludedEventTypes => [typeof(CertificateSigned), typeof(IssuanceRefused)];

    public async Task Handle(IReadOnlyList<RecordedEvent> batch, CancellationToken cancellation)
    {
        var (message, messageId) = Translate(batch);
        if (message is not null) await bus.PublishInTime(message, cancellation, messageId);
        if (TranslateRefusals(batch) is { } refused) await bus.PublishInTime(refused, cancellation, refused.Items[0].EventId);
    }

    /// <summary>Who asked with a claim for a certificate on somebody else's key; null when nobody did.</summary>
    public static KeyReuseRefused? TranslateRefusals(IReadOnlyList<RecordedEvent> batch)
    {
        var items = new List<RefusedKey>();
        foreach (var recorded in batch)
            if (recorded.Data is IssuanceRefused { Renews: null } e
                && (e.Code == Reasons.KeyShared.Code || e.Code == Reasons.KeyCompromised.Code) && CertificateId.IsWellFormed(e.RequestedBy))
                items.Add(new() { EventId = recorded.Id, RequestedBy = e.RequestedBy, FlowId = e.FlowId, Code = e.Code, At = recorded.Timestamp });
        return items.Count == 0 ? null : new() { Items = items };
    }

    /// <summary>What the batch is worth telling others, and the message's id: the first event's, so that a repetition carries it again.</summary>
    public static (CertificatesIssued? Message, Guid Id) Translate(IReadOnlyList<RecordedEvent> batch)
    {
        var items = new List<IssuedCertificate>();
        foreach (var recorded in batch)
        {
            if (recorded.Data is not CertificateSigned e) continue;
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
