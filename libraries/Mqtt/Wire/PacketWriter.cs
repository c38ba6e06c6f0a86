using System.Buffers.Binary;
using System.Text;

namespace FleetPlatform.Mqtt;

/// <summary>Writes the data types of MQTT 5.0 §1.5. Without a buffer it only counts, so that one method both measures and writes.</summary>
public ref struct PacketWriter
{
    readonly Span<byte> _buffer;
    readonly bool _counting;
    int _propertiesAt;

    PacketWriter(bool counting)
    {
        _counting = counting;
        _propertiesAt = -1;
    }

    /// <param name="buffer">Large enough for everything that will be written.</param>
    public PacketWriter(Span<byte> buffer) : this(counting: false) => _buffer = buffer;

    /// <summary>A writer that measures.</summary>
    public static PacketWriter Counter => new(counting: true);

    /// <summary>Bytes written, or counted.</summary>
    public int Written { get; private set; }

    public void WriteByte(byte value)
    {
        if (!_counting) _buffer[Written] = value;
        Written++;
    }

    /// <summary>Two Byte Integer (§1.5.2).</summary>
    public void WriteUInt16(ushort value)
    {
        if (!_counting) BinaryPrimitives.WriteUInt16BigEndian(_buffer[Written..], value);
        Written += 2;
    }

    /// <summary>Four Byte Integer (§1.5.3).</summary>
    public void WriteUInt32(uint value)
    {
        if (!_counting) BinaryPrimitives.WriteUInt32BigEndian(_buffer[Written..], value);
        Written += 4;
    }

    /// <summary>Variable Byte Integer in its shortest form [MQTT-1.5.5-1].</summary>
    public void WriteVariableInteger(int value)
    {
        ArgumentOutOfRangeException.ThrowIfGreaterThan(value, PacketFrame.MaximumVariableInteger);
        do
        {
            var next = (byte)(value & 0x7F);
            value >>= 7;
            WriteByte(value > 0 ? (byte)(next | 0x80) : next);
        }
        while (value > 0);
    }

    /// <summary>UTF-8 Encoded String (§1.5.4).</summary>
    /// <exception cref="ArgumentException">More than 65,535 bytes of UTF-8.</exception>
    public void WriteString(string value)
    {
        var length = Encoding.UTF8.GetByteCount(value);
        if (length > ushort.MaxValue) throw new ArgumentException($"{length} bytes; a string holds at most 65535.", nameof(value));
        WriteUInt16((ushort)length);
        if (!_counting) Encoding.UTF8.GetBytes(value, _buffer[Written..]);
        Written += length;
    }

    /// <summary>Binary Data (§1.5.6).</summary>
    /// <exception cref="ArgumentException">More than 65,535 bytes.</exception>
    public void WriteBinary(ReadOnlySpan<byte> value)
    {
        if (value.Length > ushort.MaxValue) throw new ArgumentException($"{value.Length} bytes; at most 65535.", nameof(value));
        WriteUInt16((ushort)value.Length);
        WriteBytes(value);
    }

    /// <summary>Bytes as they are.</summary>
    public void WriteBytes(ReadOnlySpan<byte> value)
    {
        if (!_counting) value.CopyTo(_buffer[Written..]);
        Written += value.Length;
    }

    /// <summary>Opens a property block (§2.2.2); its length is known when <see cref="EndProperties"/> closes it.</summary>
    public void BeginProperties()
    {
        _propertiesAt = Written;
        WriteByte(0);
    }

    /// <summary>Closes the property block: writes its length, moving the properties up when that takes more than one byte.</summary>
    public void EndProperties()
    {
        var start = _propertiesAt + 1;
        var length = Written - start;
        var extra = VariableIntegerBytes(length) - 1;
        if (!_counting && extra > 0) _buffer[start..Written].CopyTo(_buffer[(start + extra)..]);

        var end = Written + extra;
        Written = _propertiesAt;
        WriteVariableInteger(length);
        Written = end;
        _propertiesAt = -1;
    }

    /// <summary>How many bytes a Variable Byte Integer takes: 1 to 4.</summary>
    public static int VariableIntegerBytes(int value) => value switch
    {
        < 0x80 => 1,
        < 0x4000 => 2,
        < 0x20_0000 => 3,
        _ => 4,
    };
}
