namespace FleetPlatform.Mqtt;

/// <summary>What became of a PUBLISH handed to a connection.</summary>
enum SinkAnswer
{
    Written,

    /// <summary>The client does not read fast enough; try again when it has.</summary>
    Full,

    /// <summary>Larger than the client's Maximum Packet Size: it must not be sent, ever, and counts as done [MQTT-3.1.2-24], [MQTT-3.1.2-25].</summary>
    TooLarge,
}

/// <summary>Where a session's outgoing messages go: a connection's buffer, or a test's list.</summary>
interface IDeliverySink
{
    SinkAnswer Write(in Delivery delivery);
}

/// <summary>One sending of one message to one client.</summary>
/// <param name="Message">Shared with all other receivers.</param>
/// <param name="QoS">Of this delivery: the lower of published and granted [MQTT-3.8.4-8].</param>
/// <param name="PacketId">0 for QoS 0.</param>
/// <param name="Duplicate">True when it was sent before, on an earlier connection.</param>
/// <param name="Retain">True when it answers a new subscription, or the subscriber keeps the flag as published.</param>
/// <param name="MessageExpiry">Seconds left, or null.</param>
readonly record struct Delivery(Publish Message, QoS QoS, ushort PacketId, bool Duplicate, bool Retain, uint? MessageExpiry);
