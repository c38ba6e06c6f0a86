using System.Buffers;
using System.Buffers.Binary;
using System.Text;

namespace FleetPlatform.Cbor;

/// <summary>
/// Writes CBOR with definite lengths and the shortest heads (RFC 8949 §4.2.1, map keys in the order given). It keeps no buffer of its
/// own: what is written exists only in <paramref name="output"/>, so that a secret can be wiped there.
/// </summary>
/// <param name="output">Where the bytes go.</param>
public readonly ref struct CborWriter(IBufferWriter<byte> output)
{
    /// <summary>Begins a map of so many pairs; its keys and values must follow.</summary>
    /// <param name="pairs">0 or more.</param>
    public void WriteStartMap(int pairs)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(pairs);
        WriteHead(5, (ulong)pairs);
    }

    /// <summary>Begins an array of so many items, which must follow.</summary>
    /// <param name="items">0 or more.</param>
    public void WriteStartArray(int items)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(items);
        WriteHead(4, (ulong)items);
    }

    /// <summary>Writes an integer.</summary>
    public void WriteInteger(long value)
    {
        if (value >= 0) WriteHead(0, (ulong)value);
        else WriteHead(1, (ulong)(-1 - value));
    }

    /// <summary>Writes an integer above the range of Int64 too.</summary>
    public void WriteUInt64(ulong value) => WriteHead(0, value);

    /// <summary>Writes a text string.</summary>
    /// <exception cref="EncoderFallbackException">A lone surrogate: it has no UTF-8.</exception>
    public void WriteTextString(ReadOnlySpan<char> text)
    {
        var length = Utf8.GetByteCount(text);
        WriteHead(3, (ulong)length);
        output.Advance(Utf8.GetBytes(text, output.GetSpan(length)));
    }

    /// <summary>Writes a text string that is UTF-8 already.</summary>
    /// <param name="utf8">Valid UTF-8; not checked.</param>
    public void WriteTextString(ReadOnlySpan<byte> utf8)
    {
        WriteHead(3, (ulong)utf8.Length);
        output.Write(utf8);
    }

    /// <summary>Writes a byte string.</summary>
    public void WriteByteString(ReadOnlySpan<byte> bytes)
    {
        WriteHead(2, (ulong)bytes.Length);
        output.Write(bytes);
    }

    /// <summary>Writes true or false.</summary>
    public void WriteBoolean(bool value) => WriteHead(7, value ? 21u : 20u);

    /// <summary>Writes null.</summary>
    public void WriteNull() => WriteHead(7, 22);

    /// <summary>Writes a tag; the item it describes must follow.</summary>
    public void WriteTag(ulong tag) => WriteHead(6, tag);

    /// <summary>Writes a floating-point number in the shortest form that keeps its value (§4.1); every NaN as 0x7E00.</summary>
    public void WriteDouble(double value)
    {
        var half = (Half)value;
        var single = (float)value;
        var span = output.GetSpan(9);
        if (double.IsNaN(value) || (double)half == value)
        {
            span[0] = 0xF9;
            BinaryPrimitives.WriteUInt16BigEndian(span[1..], double.IsNaN(value) ? (ushort)0x7E00 : BitConverter.HalfToUInt16Bits(half));
            output.Advance(3);
        }
        else if (single == value)
        {
            span[0] = 0xFA;
            BinaryPrimitives.WriteSingleBigEndian(span[1..], single);
            output.Advance(5);
        }
        else
        {
            span[0] = 0xFB;
            BinaryPrimitives.WriteDoubleBigEndian(span[1..], value);
            output.Advance(9);
        }
    }

    static readonly UTF8Encoding Utf8 = new(encoderShouldEmitUTF8Identifier: false, throwOnInvalidBytes: true);

    void WriteHead(int major, ulong argument)
    {
        var span = output.GetSpan(9);
        var type = (byte)(major << 5);
        switch (argument)
        {
            case < 24:
                span[0] = (byte)(type | (byte)argument);
                output.Advance(1);
                break;
            case <= byte.MaxValue:
                span[0] = (byte)(type | 24);
                span[1] = (byte)argument;
                output.Advance(2);
                break;
            case <= ushort.MaxValue:
                span[0] = (byte)(type | 25);
                BinaryPrimitives.WriteUInt16BigEndian(span[1..], (ushort)argument);
                output.Advance(3);
                break;
            case <= uint.MaxValue:
                span[0] = (byte)(type | 26);
                BinaryPrimitives.WriteUInt32BigEndian(span[1..], (uint)argument);
                output.Advance(5);
                break;
            default:
                span[0] = (byte)(type | 27);
                BinaryPrimitives.WriteUInt64BigEndian(span[1..], argument);
                output.Advance(9);
                break;
        }
    }
}
