using System.Buffers.Binary;
using System.Text;
using System.Text.Unicode;

namespace FleetPlatform.Mqtt;

/// <summary>Reads the data types of MQTT 5.0 §1.5 off one packet's body. Never reads past it.</summary>
/// <param name="body">The bytes after the fixed header.</param>
public ref struct PacketReader(ReadOnlySpan<byte> body)
{
    ReadOnlySpan<byte> _rest = body;

    /// <summary>Bytes not yet read.</summary>
    public readonly int Remaining => _rest.Length;

    /// <exception cref="MalformedPacketException">The body ends first. So do all the others.</exception>
    public byte ReadByte() => Take(1)[0];

    /// <summary>Two Byte Integer, big-endian (§1.5.2).</summary>
    public ushort ReadUInt16() => BinaryPrimitives.ReadUInt16BigEndian(Take(2));

    /// <summary>Four Byte Integer, big-endian (§1.5.3).</summary>
    public uint ReadUInt32() => BinaryPrimitives.ReadUInt32BigEndian(Take(4));

    /// <summary>A non-zero Packet Identifier [MQTT-2.2.1-3] (3.1.1: [MQTT-2.3.1-1]).</summary>
    public ushort ReadPacketId()
    {
        var id = ReadUInt16();
        return id != 0 ? id : throw new MalformedPacketException(ReasonCode.ProtocolError, "Packet Identifier is zero.");
    }

    /// <summary>Variable Byte Integer, 0 to 268,435,455 in at most four bytes (§1.5.5).</summary>
    public int ReadVariableInteger()
    {
        var value = 0;
        for (var i = 0; i < 4; i++)
        {
            var next = ReadByte();
            value |= (next & 0x7F) << (7 * i);
            if ((next & 0x80) != 0) continue;
            // [MQTT-1.5.5-1]
            if (i > 0 && next == 0) throw new MalformedPacketException("Variable Byte Integer is not in its shortest form.");
            return value;
        }

        throw new MalformedPacketException("Variable Byte Integer runs past four bytes.");
    }

    /// <summary>The bytes of a UTF-8 Encoded String (§1.5.4), checked to be well formed and free of U+0000.</summary>
    public ReadOnlySpan<byte> ReadStringBytes()
    {
        var bytes = Take(ReadUInt16());
        // Ill-formed UTF-8, surrogates included, closes the connection [MQTT-1.5.4-1]; so does U+0000 [MQTT-1.5.4-2].
        if (!Utf8.IsValid(bytes)) throw new MalformedPacketException("A string is not well-formed UTF-8.");
        if (bytes.Contains((byte)0)) throw new MalformedPacketException("A string contains U+0000.");
        return bytes;
    }

    /// <summary>A UTF-8 Encoded String (§1.5.4). A byte order mark is kept: it is U+FEFF [MQTT-1.5.4-3].</summary>
    public string ReadString() => Encoding.UTF8.GetString(ReadStringBytes());

    /// <summary>Binary Data (§1.5.6): copied, because the buffer is the connection's.</summary>
    public byte[] ReadBinary() => Take(ReadUInt16()).ToArray();

    /// <summary>All that is left.</summary>
    public ReadOnlySpan<byte> ReadRest() => Take(_rest.Length);

    /// <summary>A part of the body to be read on its own, e.g. a property block.</summary>
    public PacketReader ReadPart(int length) => new(Take(length));

    /// <exception cref="MalformedPacketException">Bytes remain that the packet has no meaning for.</exception>
    public readonly void ExpectEnd()
    {
        if (_rest.Length > 0) throw new MalformedPacketException($"{_rest.Length} bytes follow the packet's last field.");
    }

    ReadOnlySpan<byte> Take(int length)
    {
        if (length > _rest.Length) throw new MalformedPacketException("The packet ends inside a field.");
        var taken = _rest[..length];
        _rest = _rest[length..];
        return taken;
    }
}
