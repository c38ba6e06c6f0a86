namespace FleetPlatform.Mqtt;

/// <summary>Ends subscriptions (MQTT 5.0 §3.10). Its flags are 0010 [MQTT-3.10.1-1].</summary>
public sealed record Unsubscribe : MqttPacket
{
    public required ushort PacketId { get; init; }
    public required IReadOnlyList<string> Filters { get; init; }
    public IReadOnlyList<UserProperty> UserProperties { get; init; } = [];

    internal override byte Header => 0xA2;

    internal static Unsubscribe Read(PacketReader reader, ProtocolVersion version)
    {
        var packetId = reader.ReadPacketId();
        IReadOnlyList<UserProperty> userProperties = [];
        if (version == ProtocolVersion.V500)
        {
            var block = new PropertyBlock(ref reader);
            if (block.Next(out var id)) throw PropertyBlock.Misplaced(id, "UNSUBSCRIBE");
            userProperties = block.UserProperties;
        }

        var filters = new List<string>(2);
        while (reader.Remaining > 0) filters.Add(reader.ReadString()); // [MQTT-3.10.3-1]
        if (filters.Count == 0) throw new MalformedPacketException(ReasonCode.ProtocolError, "UNSUBSCRIBE has no filter."); // [MQTT-3.10.3-2]
        return new Unsubscribe { PacketId = packetId, Filters = filters, UserProperties = userProperties };
    }

    internal override void WriteBody(ref PacketWriter writer, ProtocolVersion version)
    {
        writer.WriteUInt16(PacketId);
        if (version == ProtocolVersion.V500)
        {
            writer.BeginProperties();
            writer.UserProperties(UserProperties);
            writer.EndProperties();
        }

        foreach (var filter in Filters) writer.WriteString(filter);
    }
}

/// <summary>The answer to an UNSUBSCRIBE (§3.11). 3.1.1 sends no reasons.</summary>
public sealed record UnsubAck : MqttPacket
{
    public required ushort PacketId { get; init; }
    public IReadOnlyList<ReasonCode> Reasons { get; init; } = [];
    public string? ReasonString { get; init; }
    public IReadOnlyList<UserProperty> UserProperties { get; init; } = [];

    internal override byte Header => 0xB0;

    internal static UnsubAck Read(PacketReader reader, ProtocolVersion version)
    {
        var packetId = reader.ReadPacketId();
        if (version != ProtocolVersion.V500)
        {
            reader.ExpectEnd();
            return new UnsubAck { PacketId = packetId };
        }

        var userProperties = Acknowledgement.ReadProperties(ref reader, PacketType.UnsubAck, out var reasonString);
        return new UnsubAck
        {
            PacketId = packetId, Reasons = ReasonList.Read(ref reader), ReasonString = reasonString, UserProperties = userProperties,
        };
    }

    internal override void WriteBody(ref PacketWriter writer, ProtocolVersion version)
    {
        writer.WriteUInt16(PacketId);
        if (version != ProtocolVersion.V500) return;
        writer.BeginProperties();
        writer.Property(PropertyId.ReasonString, ReasonString);
        writer.UserProperties(UserProperties);
        writer.EndProperties();
        foreach (var reason in Reasons) writer.WriteByte((byte)reason);
    }
}
