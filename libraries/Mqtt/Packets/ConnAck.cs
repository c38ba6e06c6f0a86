namespace FleetPlatform.Mqtt;

/// <summary>The server's answer to CONNECT (MQTT 5.0 §3.2).</summary>
public sealed record ConnAck : MqttPacket
{
    public bool SessionPresent { get; init; }
    public ReasonCode Reason { get; init; }
    public uint? SessionExpiry { get; init; }
    public ushort? ReceiveMaximum { get; init; }
    public QoS? MaximumQoS { get; init; }
    public bool? RetainAvailable { get; init; }
    public uint? MaximumPacketSize { get; init; }
    public string? AssignedClientId { get; init; }
    public ushort? TopicAliasMaximum { get; init; }
    public string? ReasonString { get; init; }
    public bool? WildcardSubscriptionAvailable { get; init; }
    public bool? SubscriptionIdentifierAvailable { get; init; }
    public bool? SharedSubscriptionAvailable { get; init; }

    /// <summary>Seconds the client must use instead of what it asked for [MQTT-3.2.2-21].</summary>
    public ushort? ServerKeepAlive { get; init; }

    public string? ResponseInformation { get; init; }
    public string? ServerReference { get; init; }
    public string? AuthenticationMethod { get; init; }
    public ReadOnlyMemory<byte>? AuthenticationData { get; init; }
    public IReadOnlyList<UserProperty> UserProperties { get; init; } = [];

    internal override byte Header => 0x20;

    internal static ConnAck Read(PacketReader reader, ProtocolVersion version)
    {
        var flags = reader.ReadByte();
        if (flags > 1) throw new MalformedPacketException("A reserved CONNACK flag is set."); // [MQTT-3.2.2-1]

        var code = reader.ReadByte();
        var ack = new ConnAck
        {
            SessionPresent = flags == 1,
            Reason = version == ProtocolVersion.V500 ? (ReasonCode)code : ReasonCodes.FromConnectReturnCode(code),
        };
        if (version == ProtocolVersion.V500) ack = ack.ReadProperties(ref reader);
        reader.ExpectEnd();
        return ack;
    }

    ConnAck ReadProperties(ref PacketReader reader)
    {
        var block = new PropertyBlock(ref reader);
        var ack = this;
        while (block.Next(out var id))
        {
            ack = id switch
            {
                PropertyId.SessionExpiry => ack with { SessionExpiry = block.UInt32() },
                PropertyId.ReceiveMaximum => ack with { ReceiveMaximum = block.NonZeroUInt16(id) },
                PropertyId.MaximumQoS => ack with { MaximumQoS = block.Flag(id) ? QoS.AtLeastOnce : QoS.AtMostOnce },
                PropertyId.RetainAvailable => ack with { RetainAvailable = block.Flag(id) },
                PropertyId.MaximumPacketSize => ack with { MaximumPacketSize = block.NonZeroUInt32(id) },
                PropertyId.AssignedClientId => ack with { AssignedClientId = block.String() },
                PropertyId.TopicAliasMaximum => ack with { TopicAliasMaximum = block.UInt16() },
                PropertyId.ReasonString => ack with { ReasonString = block.String() },
                PropertyId.WildcardSubscriptionAvailable => ack with { WildcardSubscriptionAvailable = block.Flag(id) },
                PropertyId.SubscriptionIdentifierAvailable => ack with { SubscriptionIdentifierAvailable = block.Flag(id) },
                PropertyId.SharedSubscriptionAvailable => ack with { SharedSubscriptionAvailable = block.Flag(id) },
                PropertyId.ServerKeepAlive => ack with { ServerKeepAlive = block.UInt16() },
                PropertyId.ResponseInformation => ack with { ResponseInformation = block.String() },
                PropertyId.ServerReference => ack with { ServerReference = block.String() },
                PropertyId.AuthenticationMethod => ack with { AuthenticationMethod = block.String() },
                PropertyId.AuthenticationData => ack with { AuthenticationData = block.Binary() },
                _ => throw PropertyBlock.Misplaced(id, "CONNACK"),
            };
        }

        return ack with { UserProperties = block.UserProperties };
    }

    internal override void WriteBody(ref PacketWriter writer, ProtocolVersion version)
    {
        // A refused connection carries Session Present 0 [MQTT-3.2.2-6].
        writer.WriteByte((byte)(SessionPresent && Reason == ReasonCode.Success ? 1 : 0));
        if (version != ProtocolVersion.V500)
        {
            writer.WriteByte(Reason.ToConnectReturnCode());
            return;
        }

        writer.WriteByte((byte)Reason);
        writer.BeginProperties();
        writer.Property(PropertyId.SessionExpiry, SessionExpiry);
        writer.Property(PropertyId.ReceiveMaximum, ReceiveMaximum);
        writer.Property(PropertyId.MaximumQoS, (byte?)MaximumQoS);
        writer.Property(PropertyId.RetainAvailable, RetainAvailable);
        writer.Property(PropertyId.MaximumPacketSize, MaximumPacketSize);
        writer.Property(PropertyId.AssignedClientId, AssignedClientId);
        writer.Property(PropertyId.TopicAliasMaximum, TopicAliasMaximum);
        writer.Property(PropertyId.ReasonString, ReasonString);
        writer.UserProperties(UserProperties);
        writer.Property(PropertyId.WildcardSubscriptionAvailable, WildcardSubscriptionAvailable);
        writer.Property(PropertyId.SubscriptionIdentifierAvailable, SubscriptionIdentifierAvailable);
        writer.Property(PropertyId.SharedSubscriptionAvailable, SharedSubscriptionAvailable);
        writer.Property(PropertyId.ServerKeepAlive, ServerKeepAlive);
        writer.Property(PropertyId.ResponseInformation, ResponseInformation);
        writer.Property(PropertyId.ServerReference, ServerReference);
        writer.Property(PropertyId.AuthenticationMethod, AuthenticationMethod);
        writer.Property(PropertyId.AuthenticationData, AuthenticationData);
        writer.EndProperties();
    }
}
