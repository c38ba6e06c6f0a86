using MassTransit;

namespace FleetPlatform.Contracts.MqttGateway;

/// <summary>
/// A certificate that is pending activation has connected, for the first time or again. Published to every gateway, which tells the subscribers
/// of <c>$aws/events/certificates/registered/{caCertificateId}</c>. Not durable: the device connects again.
/// </summary>
[MessageUrn("fleet:pending-certificate-connected:v1", useDefaultPrefix: false)]
public sealed record PendingCertificateConnected
{
    public required string CertificateId { get; init; }
    public required string CaCertificateId { get; init; }
    public required DateTimeOffset ConnectedAt { get; init; }
}
