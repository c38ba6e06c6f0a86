namespace FleetPlatform.Mqtt;

/// <summary>The message a server publishes for a client that is gone (MQTT 5.0 §3.1.2.5, §3.1.3.2).</summary>
public sealed record Will
{
    public required string Topic { get; init; }
    public ReadOnlyMemory<byte> Payload { get; init; }
    public QoS QoS { get; init; }
    public bool Retain { get; init; }

    /// <summary>Seconds between the end of the connection and the publication; a reconnect in between cancels it. 5.0 only.</summary>
    public uint? Delay { get; init; }

    public MessageProperties? Properties { get; init; }

    /// <summary>The will as the message it becomes.</summary>
    public Publish ToPublish() => new() { Topic = Topic, Payload = Payload, QoS = QoS, Retain = Retain, Properties = Properties };

    internal static Will Read(ref PacketReader reader, QoS qos, bool retain, ProtocolVersion version)
    {
        var message = new MessagePropertiesReader();
        uint? delay = null;
        MessageProperties? properties = null;
        if (version == ProtocolVersion.V500)
        {
            var block = new PropertyBlock(ref reader);
            while (block.Next(out var id))
            {
                if (id == PropertyId.WillDelay) delay = block.UInt32();
                else if (!message.TryRead(id, ref block)) throw PropertyBlock.Misplaced(id, "the will");
            }

            properties = message.Result(block.UserProperties);
        }

        return new Will
        {
            Topic = reader.ReadString(),
            Payload = reader.ReadBinary(),
            QoS = qos,
            Retain = retain,
            Delay = delay,
            Properties = properties,
        };
    }

    internal void Write(ref PacketWriter writer, ProtocolVersion version)
    {
        if (version == ProtocolVersion.V500)
        {
            writer.BeginProperties();
            writer.Property(PropertyId.WillDelay, Delay);
            Properties?.Write(ref writer);
            writer.EndProperties();
        }

        writer.WriteString(Topic);
        writer.WriteBinary(Payload.Span);
    }
}
