namespace FleetPlatform.Mqtt;

/// <summary>Are you there? (MQTT 5.0 §3.12)</summary>
public sealed record PingReq : MqttPacket
{
    public static PingReq Instance { get; } = new();
    internal override byte Header => 0xC0;
    internal override void WriteBody(ref PacketWriter writer, ProtocolVersion version) { }
}

/// <summary>I am (§3.13) [MQTT-3.12.4-1].</summary>
public sealed record PingResp : MqttPacket
{
    public static PingResp Instance { get; } = new();
    internal override byte Header => 0xD0;
    internal override void WriteBody(ref PacketWriter writer, ProtocolVersion version) { }
}
