using System.Text;

namespace FleetPlatform.Mqtt;

/// <summary>An application message (MQTT 5.0 §3.3). Immutable, and shared between all its receivers.</summary>
public sealed record Publish : MqttPacket
{
    /// <summary>Empty only on the wire of 5.0, beside a topic alias.</summary>
    public required string Topic { get; init; }

    public ReadOnlyMemory<byte> Payload { get; init; }
    public QoS QoS { get; init; }
    public bool Retain { get; init; }
    public bool Duplicate { get; init; }

    /// <summary>0 for QoS 0, which has none [MQTT-2.2.1-2].</summary>
    public ushort PacketId { get; init; }

    public ushort? TopicAlias { get; init; }

    /// <summary>Null when the publisher set none, or speaks 3.1.1.</summary>
    public MessageProperties? Properties { get; init; }

    /// <summary>From a server only: the identifiers of the subscriptions that matched.</summary>
    public IReadOnlyList<int> SubscriptionIdentifiers { get; init; } = [];

    /// <summary>When the message expires, by the receiving server's clock; null: never.</summary>
    internal DateTimeOffset? ExpiresAt { get; init; }

    internal override byte Header => HeaderOf(QoS, Retain, Duplicate);

    internal static byte HeaderOf(QoS qos, bool retain, bool duplicate) =>
        (byte)(0x30 | (duplicate ? 0x08 : 0) | ((byte)qos << 1) | (retain ? 0x01 : 0));

    /// <param name="topics">Topic strings already seen, so that a known topic is not allocated again.</param>
    internal static Publish Read(PacketReader reader, byte header, ProtocolVersion version, TopicCache topics)
    {
        var qos = (QoS)((header >> 1) & 0x03);
        if (qos > QoS.ExactlyOnce) throw new MalformedPacketException("QoS is 3."); // [MQTT-3.3.1-4]
        var duplicate = (header & 0x08) != 0;
        if (duplicate && qos == QoS.AtMostOnce) throw new MalformedPacketException("DUP is set on QoS 0."); // [MQTT-3.3.1-2]

        var topicBytes = reader.ReadStringBytes();
        var packetId = qos == QoS.AtMostOnce ? (ushort)0 : reader.ReadPacketId();
        var message = new MessagePropertiesReader();
        ushort? alias = null;
        MessageProperties? properties = null;
        List<int>? identifiers = null;
        if (version == ProtocolVersion.V500)
        {
            var block = new PropertyBlock(ref reader);
            while (block.Next(out var id))
            {
                if (id == PropertyId.TopicAlias) alias = Alias(block.UInt16());
                else if (id == PropertyId.SubscriptionIdentifier) (identifiers ??= []).Add(block.SubscriptionIdentifier());
                else if (!message.TryRead(id, ref block)) throw PropertyBlock.Misplaced(id, "PUBLISH");
            }

            properties = message.Result(block.UserProperties);
        }

        if (topicBytes.IsEmpty && alias is null)
            throw new MalformedPacketException(ReasonCode.ProtocolError, "PUBLISH has neither topic nor alias."); // [MQTT-4.7.3-1], §3.3.2.1

        return new Publish
        {
            Topic = topicBytes.IsEmpty ? "" : TopicName.Check(topics.Get(topicBytes)),
            Payload = reader.Remaining == 0 ? default(ReadOnlyMemory<byte>) : reader.ReadRest().ToArray(),
            QoS = qos,
            Retain = (header & 0x01) != 0,
            Duplicate = duplicate,
            PacketId = packetId,
            TopicAlias = alias,
            Properties = properties,
            SubscriptionIdentifiers = identifiers ?? (IReadOnlyList<int>)[],
        };
    }

    // A Topic Alias of 0 is not permitted [MQTT-3.3.2-8].
    static ushort Alias(ushort alias) =>
        alias != 0 ? alias : throw new MalformedPacketException(ReasonCode.TopicAliasInvalid, "Topic Alias is zero.");

    internal override void WriteBody(ref PacketWriter writer, ProtocolVersion version) =>
        WriteBody(ref writer, version, QoS, PacketId, Properties?.MessageExpiry);

    /// <summary>Writes the body with the delivery's own QoS, packet identifier and what is left of the expiry.</summary>
    internal void WriteBody(ref PacketWriter writer, ProtocolVersion version, QoS qos, ushort packetId, uint? messageExpiry)
    {
        writer.WriteString(Topic);
        if (qos != QoS.AtMostOnce) writer.WriteUInt16(packetId);
        if (version == ProtocolVersion.V500) WriteProperties(ref writer, messageExpiry);
        writer.WriteBytes(Payload.Span);
    }

    void WriteProperties(ref PacketWriter writer, uint? messageExpiry)
    {
        if (Properties is null && TopicAlias is null && SubscriptionIdentifiers.Count == 0)
        {
            writer.WriteByte(0);
            return;
        }

        writer.BeginProperties();
        writer.Property(PropertyId.TopicAlias, TopicAlias);
        for (var i = 0; i < SubscriptionIdentifiers.Count; i++) writer.SubscriptionIdentifier(SubscriptionIdentifiers[i]);
        (Properties?.MessageExpiry == messageExpiry ? Properties : Properties! with { MessageExpiry = messageExpiry })?.Write(ref writer);
        writer.EndProperties();
    }

    /// <summary>Bytes this message holds in memory, near enough for a limit.</summary>
    internal int Weight => Payload.Length + Encoding.UTF8.GetByteCount(Topic) + 64 + (Properties?.Weight ?? 0);
}
