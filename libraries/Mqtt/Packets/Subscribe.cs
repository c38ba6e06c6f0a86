namespace FleetPlatform.Mqtt;

/// <summary>What to do with retained messages when a subscription is made (MQTT 5.0 §3.8.3.1).</summary>
public enum RetainHandling : byte
{
    Send = 0,
    SendIfNew = 1,
    DoNotSend = 2,
}

/// <summary>One wish of a SUBSCRIBE: a filter, as the client wrote it, and its options.</summary>
public readonly record struct TopicSubscription(string Filter, QoS QoS)
{
    /// <summary>Do not send me what I publish. 5.0 only.</summary>
    public bool NoLocal { get; init; }

    /// <summary>Keep the RETAIN flag as published. 5.0 only.</summary>
    public bool RetainAsPublished { get; init; }

    public RetainHandling RetainHandling { get; init; }

    internal byte Options => (byte)((byte)QoS | (NoLocal ? 0x04 : 0) | (RetainAsPublished ? 0x08 : 0) | ((byte)RetainHandling << 4));

    internal static TopicSubscription Read(ref PacketReader reader, ProtocolVersion version)
    {
        var filter = reader.ReadString(); // [MQTT-3.8.3-1]
        var options = reader.ReadByte();
        var reserved = version == ProtocolVersion.V500 ? 0xC0 : 0xFC;
        if ((options & reserved) != 0) throw new MalformedPacketException("Reserved subscription options are set."); // [MQTT-3.8.3-5]; 3.1.1: [MQTT-3-8.3-4]
        if ((options & 0x03) == 3) throw new MalformedPacketException("Requested QoS is 3.");
        if ((options & 0x30) == 0x30) throw new MalformedPacketException(ReasonCode.ProtocolError, "Retain Handling is 3.");
        return new TopicSubscription(filter, (QoS)(options & 0x03))
        {
            NoLocal = (options & 0x04) != 0,
            RetainAsPublished = (options & 0x08) != 0,
            RetainHandling = (RetainHandling)((options >> 4) & 0x03),
        };
    }
}

/// <summary>Asks for messages (§3.8). Its flags are 0010 [MQTT-3.8.1-1].</summary>
public sealed record Subscribe : MqttPacket
{
    public required ushort PacketId { get; init; }
    public required IReadOnlyList<TopicSubscription> Filters { get; init; }
    public int? SubscriptionIdentifier { get; init; }
    public IReadOnlyList<UserProperty> UserProperties { get; init; } = [];

    internal override byte Header => 0x82;

    internal static Subscribe Read(PacketReader reader, ProtocolVersion version)
    {
        var packetId = reader.ReadPacketId();
        int? identifier = null;
        IReadOnlyList<UserProperty> userProperties = [];
        if (version == ProtocolVersion.V500)
        {
            var block = new PropertyBlock(ref reader);
            while (block.Next(out var id))
            {
                if (id != PropertyId.SubscriptionIdentifier) throw PropertyBlock.Misplaced(id, "SUBSCRIBE");
                if (identifier is not null) throw new MalformedPacketException(ReasonCode.ProtocolError, "Two Subscription Identifiers.");
                identifier = block.SubscriptionIdentifier();
            }

            userProperties = block.UserProperties;
        }

        var filters = new List<TopicSubscription>(2);
        while (reader.Remaining > 0) filters.Add(TopicSubscription.Read(ref reader, version));
        // At least one filter [MQTT-3.8.3-2]; 3.1.1: [MQTT-3.8.3-3].
        if (filters.Count == 0) throw new MalformedPacketException(ReasonCode.ProtocolError, "SUBSCRIBE has no filter.");
        return new Subscribe { PacketId = packetId, Filters = filters, SubscriptionIdentifier = identifier, UserProperties = userProperties };
    }

    internal override void WriteBody(ref PacketWriter writer, ProtocolVersion version)
    {
        writer.WriteUInt16(PacketId);
        if (version == ProtocolVersion.V500)
        {
            writer.BeginProperties();
            writer.SubscriptionIdentifier(SubscriptionIdentifier);
            writer.UserProperties(UserProperties);
            writer.EndProperties();
        }

        foreach (var filter in Filters)
        {
            writer.WriteString(filter.Filter);
            writer.WriteByte(filter.Options);
        }
    }
}

/// <summary>The answers to a SUBSCRIBE, one per filter and in its order [MQTT-3.8.4-6] (§3.9).</summary>
public sealed record SubAck : MqttPacket
{
    public required ushort PacketId { get; init; }

    /// <summary>Granted QoS or a failure. 3.1.1 knows one failure, 0x80.</summary>
    public required IReadOnlyList<ReasonCode> Reasons { get; init; }

    public string? ReasonString { get; init; }
    public IReadOnlyList<UserProperty> UserProperties { get; init; } = [];

    internal override byte Header => 0x90;

    internal static SubAck Read(PacketReader reader, ProtocolVersion version)
    {
        var packetId = reader.ReadPacketId();
        string? reasonString = null;
        var userProperties = version == ProtocolVersion.V500
            ? Acknowledgement.ReadProperties(ref reader, PacketType.SubAck, out reasonString)
            : [];
        var reasons = ReasonList.Read(ref reader);
        foreach (var reason in reasons)
        {
            // 3.1.1 reserves all but 0, 1, 2 and 0x80 [MQTT-3.9.3-2].
            if (version == ProtocolVersion.V311 && reason is > ReasonCode.GrantedQoS2 and not ReasonCode.UnspecifiedError)
                throw new MalformedPacketException($"SUBACK return code 0x{(byte)reason:X2} is reserved.");
        }

        return new SubAck { PacketId = packetId, Reasons = reasons, ReasonString = reasonString, UserProperties = userProperties };
    }

    internal override void WriteBody(ref PacketWriter writer, ProtocolVersion version)
    {
        writer.WriteUInt16(PacketId);
        if (version == ProtocolVersion.V500)
        {
            writer.BeginProperties();
            writer.Property(PropertyId.ReasonString, ReasonString);
            writer.UserProperties(UserProperties);
            writer.EndProperties();
        }

        foreach (var reason in Reasons)
            writer.WriteByte(version != ProtocolVersion.V500 && reason.IsFailure() ? (byte)0x80 : (byte)reason);
    }
}

/// <summary>The list of reason codes that ends SUBACK and UNSUBACK.</summary>
static class ReasonList
{
    public static IReadOnlyList<ReasonCode> Read(ref PacketReader reader)
    {
        var reasons = new ReasonCode[reader.Remaining];
        for (var i = 0; i < reasons.Length; i++) reasons[i] = (ReasonCode)reader.ReadByte();
        return reasons.Length > 0 ? reasons : throw new MalformedPacketException(ReasonCode.ProtocolError, "The acknowledgement has no reason code.");
    }
}
