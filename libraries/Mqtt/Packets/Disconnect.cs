namespace FleetPlatform.Mqtt;

/// <summary>The last packet of a connection (MQTT 5.0 §3.14). In 3.1.1 only a client sends it, and it says nothing.</summary>
public sealed record Disconnect : MqttPacket
{
    public ReasonCode Reason { get; init; }

    /// <summary>Seconds; replaces the value of CONNECT. Only a client may send it [MQTT-3.14.2-2].</summary>
    public uint? SessionExpiry { get; init; }

    public string? ReasonString { get; init; }
    public string? ServerReference { get; init; }
    public IReadOnlyList<UserProperty> UserProperties { get; init; } = [];

    internal override byte Header => 0xE0;

    internal static Disconnect Read(PacketReader reader, ProtocolVersion version)
    {
        if (version != ProtocolVersion.V500 || reader.Remaining == 0)
        {
            reader.ExpectEnd();
            return new Disconnect(); // Remaining Length 0 is 0x00, normal disconnection (§3.14.2.1).
        }

        var disconnect = new Disconnect { Reason = (ReasonCode)reader.ReadByte() };
        if (reader.Remaining > 0)
        {
            var block = new PropertyBlock(ref reader);
            while (block.Next(out var id))
            {
                disconnect = id switch
                {
                    PropertyId.SessionExpiry => disconnect with { SessionExpiry = block.UInt32() },
                    PropertyId.ReasonString => disconnect with { ReasonString = block.String() },
                    PropertyId.ServerReference => disconnect with { ServerReference = block.String() },
                    _ => throw PropertyBlock.Misplaced(id, "DISCONNECT"),
                };
            }

            disconnect = disconnect with { UserProperties = block.UserProperties };
        }

        reader.ExpectEnd();
        return disconnect;
    }

    internal override void WriteBody(ref PacketWriter writer, ProtocolVersion version)
    {
        if (version != ProtocolVersion.V500) return;
        var bare = SessionExpiry is null && ReasonString is null && ServerReference is null && UserProperties.Count == 0;
        if (bare && Reason == ReasonCode.Success) return;
        writer.WriteByte((byte)Reason);
        if (bare) return;
        writer.BeginProperties();
        writer.Property(PropertyId.SessionExpiry, SessionExpiry);
        writer.Property(PropertyId.ReasonString, ReasonString);
        writer.UserProperties(UserProperties);
        writer.Property(PropertyId.ServerReference, ServerReference);
        writer.EndProperties();
    }
}
