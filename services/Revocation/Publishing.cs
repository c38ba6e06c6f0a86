using FleetPlatform.Events;
using FleetPlatform.Revocation.Certificates;
using MassTransit;
using Wire = FleetPlatform.Contracts.Revocation;

namespace FleetPlatform.Revocation;

/// <summary>Turns this service's recorded events into the messages others may rely on.</summary>
sealed class PublishRevocations(IBus bus) : ISubscription
{
    public string Name => "revocation.publish";

    public async Task Handle(IReadOnlyList<RecordedEvent> batch, CancellationToken cancellation)
    {
        foreach (var recorded in batch)
        {
            // The recorded event's id is the message id, so a crash between publish and checkpoint repeats an id readers can drop.
            if (Translate(recorded.Data) is { } message)
                await bus.Publish(message, context => context.MessageId = recorded.Id, cancellation);
        }
    }

    public static Wire.CertificateRevoked? Translate(object data) => data switch
    {
        CertificateRevoked e => new() { CertificateId = e.CertificateId, Reason = e.Reason, RevokedAt = e.RevokedAt },
        RevocationReasonRaised e => new() { CertificateId = e.CertificateId, Reason = e.Reason, RevokedAt = e.RevokedAt },
        _ => null,
    };
}
