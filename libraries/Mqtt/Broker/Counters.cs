using System.Diagnostics.Metrics;

namespace FleetPlatform.Mqtt;

/// <summary>Meter <c>FleetPlatform.Mqtt</c>.</summary>
static class Counters
{
    static readonly Meter Meter = new("FleetPlatform.Mqtt");

    public static readonly UpDownCounter<long> Connections = Meter.CreateUpDownCounter<long>("mqtt.connections", "{connection}", "Clients connected.");
    public static readonly Counter<long> Refused = Meter.CreateCounter<long>("mqtt.connects.refused", "{connect}", "CONNECTs refused, by reason.");
    public static readonly Counter<long> Received = Meter.CreateCounter<long>("mqtt.messages.routed", "{message}", "Messages routed to subscribers.");
    public static readonly Counter<long> Delivered = Meter.CreateCounter<long>("mqtt.messages.delivered", "{message}", "Deliveries sent or queued.");
    public static readonly Counter<long> Dropped = Meter.CreateCounter<long>("mqtt.messages.dropped", "{message}", "Deliveries dropped: slow, absent or full receivers.");
    public static readonly Histogram<double> Handshakes = Meter.CreateHistogram<double>("mqtt.tls.handshake.duration", "s", "TLS handshakes that succeeded.");
    public static readonly Counter<long> HandshakesFailed = Meter.CreateCounter<long>("mqtt.tls.handshakes.failed", "{handshake}", "TLS handshakes that failed, by reason.");
}
