namespace FleetPlatform.Mqtt;

/// <summary>PUBACK, PUBREC, PUBREL or PUBCOMP: one shape (MQTT 5.0 §3.4 to §3.7), four meanings.</summary>
public abstract record Acknowledgement : MqttPacket
{
    public required ushort PacketId { get; init; }

    /// <summary>Always success in 3.1.1, which cannot say otherwise.</summary>
    public ReasonCode Reason { get; init; }

    public string? ReasonString { get; init; }
    public IReadOnlyList<UserProperty> UserProperties { get; init; } = [];

    internal override void WriteBody(ref PacketWriter writer, ProtocolVersion version)
    {
        writer.WriteUInt16(PacketId);
        if (version != ProtocolVersion.V500) return;

        // Success without properties is the two byte form (§3.4.2.1).
        var bare = ReasonString is null && UserProperties.Count == 0;
        if (bare && Reason == ReasonCode.Success) return;
        writer.WriteByte((byte)Reason);
        if (bare) return;
        writer.BeginProperties();
        writer.Property(PropertyId.ReasonString, ReasonString);
        writer.UserProperties(UserProperties);
        writer.EndProperties();
    }

    internal static (ushort PacketId, ReasonCode Reason, string? ReasonString, IReadOnlyList<UserProperty> UserProperties) Read(
        PacketReader reader, ProtocolVersion version, PacketType type)
    {
        var packetId = reader.ReadPacketId();
        var reason = ReasonCode.Success;
        string? reasonString = null;
        IReadOnlyList<UserProperty> userProperties = [];
        if (version == ProtocolVersion.V500 && reader.Remaining > 0)
        {
            reason = (ReasonCode)reader.ReadByte();
            if (!IsAllowed(type, reason)) throw new MalformedPacketException(ReasonCode.ProtocolError, $"Reason 0x{(byte)reason:X2} has no place in {type}.");
            if (reader.Remaining > 0) userProperties = ReadProperties(ref reader, type, out reasonString);
        }

        reader.ExpectEnd();
        return (packetId, reason, reasonString, userProperties);
    }

    internal static IReadOnlyList<UserProperty> ReadProperties(ref PacketReader reader, PacketType type, out string? reasonString)
    {
        reasonString = null;
        var block = new PropertyBlock(ref reader);
        while (block.Next(out var id))
            reasonString = id == PropertyId.ReasonString ? block.String() : throw PropertyBlock.Misplaced(id, type.ToString());
        return block.UserProperties;
    }

    // [MQTT-3.4.2-1], [MQTT-3.5.2-1], [MQTT-3.6.2-1], [MQTT-3.7.2-1]
    static bool IsAllowed(PacketType type, ReasonCode reason) => type is PacketType.PubRel or PacketType.PubComp
        ? reason is ReasonCode.Success or ReasonCode.PacketIdentifierNotFound
        : reason is ReasonCode.Success or ReasonCode.NoMatchingSubscribers or ReasonCode.UnspecifiedError or ReasonCode.ImplementationSpecificError
            or ReasonCode.NotAuthorized or ReasonCode.TopicNameInvalid or ReasonCode.PacketIdentifierInUse or ReasonCode.QuotaExceeded
            or ReasonCode.PayloadFormatInvalid;
}

/// <summary>A QoS 1 message has arrived (§3.4).</summary>
public sealed record PubAck : Acknowledgement
{
    internal override byte Header => 0x40;

    internal static PubAck Read(PacketReader reader, ProtocolVersion version)
    {
        var (id, reason, text, user) = Read(reader, version, PacketType.PubAck);
        return new() { PacketId = id, Reason = reason, ReasonString = text, UserProperties = user };
    }
}

/// <summary>A QoS 2 message has arrived, first of three steps (§3.5).</summary>
public sealed record PubRec : Acknowledgement
{
    internal override byte Header => 0x50;

    internal static PubRec Read(PacketReader reader, ProtocolVersion version)
    {
        var (id, reason, text, user) = Read(reader, version, PacketType.PubRec);
        return new() { PacketId = id, Reason = reason, ReasonString = text, UserProperties = user };
    }
}

/// <summary>A QoS 2 message may be released, second of three steps (§3.6). Its flags are 0010 [MQTT-3.6.1-1].</summary>
public sealed record PubRel : Acknowledgement
{
    internal override byte Header => 0x62;

    internal static PubRel Read(PacketReader reader, ProtocolVersion version)
    {
        var (id, reason, text, user) = Read(reader, version, PacketType.PubRel);
        return new() { PacketId = id, Reason = reason, ReasonString = text, UserProperties = user };
    }
}

/// <summary>A QoS 2 message is done with, last of three steps (§3.7).</summary>
public sealed record PubComp : Acknowledgement
{
    internal override byte Header => 0x70;

    internal static PubComp Read(PacketReader reader, ProtocolVersion version)
    {
        var (id, reason, text, user) = Read(reader, version, PacketType.PubComp);
        return new() { PacketId = id, Reason = reason, ReasonString = text, UserProperties = user };
    }
}
