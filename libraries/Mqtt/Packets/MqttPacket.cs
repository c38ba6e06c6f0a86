namespace FleetPlatform.Mqtt;

/// <summary>One control packet of MQTT 3.1.1 or 5.0.</summary>
public abstract record MqttPacket
{
    /// <summary>The first byte on the wire: type in the upper half, flags in the lower (§2.1).</summary>
    internal abstract byte Header { get; }

    /// <summary>Writes what follows the fixed header.</summary>
    internal abstract void WriteBody(ref PacketWriter writer, ProtocolVersion version);
}
