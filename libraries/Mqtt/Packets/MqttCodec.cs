using System.Buffers;

namespace FleetPlatform.Mqtt;

/// <summary>Control packets to bytes and back: one switch over the packet type.</summary>
public static class MqttCodec
{
    /// <summary>Cuts one packet off the front of a buffer and reads it.</summary>
    /// <param name="buffer">Advanced past the packet on success, untouched otherwise.</param>
    /// <param name="version">The version CONNECT agreed on. CONNECT itself carries its own.</param>
    /// <param name="maximumBytes">Largest packet accepted, fixed header included, in bytes.</param>
    /// <param name="packet">The packet, when the result is true.</param>
    /// <returns>False while the packet is still incomplete.</returns>
    /// <exception cref="MalformedPacketException">The bytes are wrong.</exception>
    public static bool TryRead(ref ReadOnlySequence<byte> buffer, ProtocolVersion version, int maximumBytes, out MqttPacket? packet)
    {
        packet = null;
        if (!PacketFrame.TryRead(ref buffer, maximumBytes, out var header, out var body)) return false;
        if (body.IsSingleSegment)
        {
            packet = Read(header, body.FirstSpan, version);
            return true;
        }

        var length = (int)body.Length;
        var rented = ArrayPool<byte>.Shared.Rent(length);
        try
        {
            body.CopyTo(rented);
            packet = Read(header, rented.AsSpan(0, length), version);
            return true;
        }
        finally
        {
            ArrayPool<byte>.Shared.Return(rented);
        }
    }

    /// <summary>Reads one packet from its first byte and its body.</summary>
    /// <exception cref="MalformedPacketException">The bytes are wrong.</exception>
    public static MqttPacket Read(byte header, ReadOnlySpan<byte> body, ProtocolVersion version)
    {
        var type = (PacketType)(header >> 4);
        if (type == PacketType.Publish) return Publish.Read(new PacketReader(body), header, version, TopicCache.Shared);

        // Flags other than those of the table close the connection [MQTT-2.1.3-1] (3.1.1: [MQTT-2.2.2-1], [MQTT-2.2.2-2]).
        var expected = type is PacketType.PubRel or PacketType.Subscribe or PacketType.Unsubscribe ? 0x02 : 0x00;
        if ((header & 0x0F) != expected) throw new MalformedPacketException($"Flags 0x{header & 0x0F:X1} are not those of {type}.");

        var reader = new PacketReader(body);
        return type switch
        {
            PacketType.Connect => Connect.Read(reader),
            PacketType.ConnAck => ConnAck.Read(reader, version),
            PacketType.PubAck => PubAck.Read(reader, version),
            PacketType.PubRec => PubRec.Read(reader, version),
            PacketType.PubRel => PubRel.Read(reader, version),
            PacketType.PubComp => PubComp.Read(reader, version),
            PacketType.Subscribe => Subscribe.Read(reader, version),
            PacketType.SubAck => SubAck.Read(reader, version),
            PacketType.Unsubscribe => Unsubscribe.Read(reader, version),
            PacketType.UnsubAck => UnsubAck.Read(reader, version),
            PacketType.PingReq => Empty(reader, PingReq.Instance),
            PacketType.PingResp => Empty(reader, PingResp.Instance),
            PacketType.Disconnect => Disconnect.Read(reader, version),
            PacketType.Auth when version == ProtocolVersion.V500 => Auth.Read(reader),
            _ => throw new MalformedPacketException($"Packet type {(byte)type} does not exist in this version."),
        };
    }

    /// <summary>Writes one packet, fixed header included.</summary>
    /// <exception cref="ArgumentException">A string or binary field is longer than 65,535 bytes.</exception>
    public static void Write(MqttPacket packet, ProtocolVersion version, IBufferWriter<byte> output)
    {
        var total = Measure(packet, version, out var body);
        Write(packet, version, body, output.GetSpan(total));
        output.Advance(total);
    }

    /// <summary>Bytes of a packet on the wire, fixed header included.</summary>
    internal static int Measure(MqttPacket packet, ProtocolVersion version, out int body)
    {
        var counter = PacketWriter.Counter;
        packet.WriteBody(ref counter, version);
        body = counter.Written;
        return 1 + PacketWriter.VariableIntegerBytes(body) + body;
    }

    /// <summary>Writes a packet already measured.</summary>
    internal static void Write(MqttPacket packet, ProtocolVersion version, int body, Span<byte> destination)
    {
        var writer = new PacketWriter(destination);
        writer.WriteByte(packet.Header);
        writer.WriteVariableInteger(body);
        packet.WriteBody(ref writer, version);
    }

    static MqttPacket Empty(PacketReader reader, MqttPacket packet)
    {
        reader.ExpectEnd();
        return packet;
    }
}
