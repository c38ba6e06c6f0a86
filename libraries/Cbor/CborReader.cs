namespace FleetPlatform.Cbor;

/// <summary>
/// Reads one CBOR data item (RFC 8949) from memory, definite or indefinite lengths, tags skipped. Refuses what is not well-formed,
/// text that is not UTF-8, and maps with the same key twice (§5.6). Keys may be text or integers, nothing else.
/// </summary>
public ref partial struct CborReader
{
    readonly ReadOnlySpan<byte> _data;
    readonly CborLimits _limits;
    readonly Frame[] _frames;
    int _position;
    int _items;
    int _depth;
    bool _finished;

    /// <summary>A reader at the start of <paramref name="data"/>.</summary>
    /// <param name="data">The whole document.</param>
    /// <param name="limits">Null: <see cref="CborLimits.Default"/>.</param>
    /// <exception cref="CborException">The document is larger than <see cref="CborLimits.MaximumBytes"/>.</exception>
    public CborReader(ReadOnlySpan<byte> data, CborLimits? limits = null)
    {
        _limits = limits ?? CborLimits.Default;
        if (data.Length > _limits.MaximumBytes)
            throw new CborException(CborFailure.OverLimit, 0, $"{data.Length} bytes, {_limits.MaximumBytes} allowed.");
        _data = data;
        _frames = new Frame[_limits.MaximumDepth];
    }

    /// <summary>Bytes read so far.</summary>
    public readonly int BytesConsumed => _position;

    /// <summary>The type of the next item, or <see cref="CborType.End"/> where the open container ends. Reads nothing but tags.</summary>
    /// <exception cref="CborException">There is no next item, or its head is malformed.</exception>
    public CborType PeekType()
    {
        if (AtContainerEnd()) return CborType.End;
        if (_depth == 0 && _finished) throw Malformed("The document has ended.");
        SkipTags();
        var initial = Need(1)[0];
        return (initial >> 5) switch
        {
            < 6 and var major => (CborType)major,
            _ => (initial & 0x1F) switch
            {
                20 or 21 => CborType.Boolean,
                22 => CborType.Null,
                23 => CborType.Undefined,
                25 or 26 or 27 => CborType.Float,
                < 20 or 24 => CborType.Simple,
                31 => throw Malformed("A break outside an indefinite-length item (§3.2.1)."),
                _ => throw Malformed("Reserved additional information (§3)."),
            },
        };
    }

    /// <summary>Opens a map; read its keys and values in turn until <see cref="PeekType"/> says End, then call <see cref="ReadEnd"/>.</summary>
    /// <returns>Number of pairs, or null for an indefinite length.</returns>
    /// <exception cref="CborException">Not a map, or too deep.</exception>
    public int? ReadStartMap() => Open(CborType.Map);

    /// <summary>Opens an array; read its items until <see cref="PeekType"/> says End, then call <see cref="ReadEnd"/>.</summary>
    /// <returns>Number of items, or null for an indefinite length.</returns>
    /// <exception cref="CborException">Not an array, or too deep.</exception>
    public int? ReadStartArray() => Open(CborType.Array);

    /// <summary>Closes the open map or array.</summary>
    /// <exception cref="CborException">It has more items, or an odd number of items in an indefinite map.</exception>
    public void ReadEnd()
    {
        if (_depth == 0) throw new InvalidOperationException("No map or array is open.");
        if (!AtContainerEnd()) throw new CborException(CborFailure.Unexpected, _position, "The container has more items.");
        if (_frames[_depth - 1].Remaining < 0) _position++; // the break
        _depth--;
        ItemDone();
    }

    /// <summary>Ends the document.</summary>
    /// <exception cref="CborException">An item is unfinished, or bytes follow it.</exception>
    public readonly void ReadEndOfDocument()
    {
        if (!_finished || _depth > 0) throw new CborException(CborFailure.Malformed, _position, "The document is incomplete.");
        if (_position != _data.Length) throw new CborException(CborFailure.Malformed, _position, "Bytes follow the document.");
    }

    /// <summary>Reads an unsigned integer.</summary>
    /// <exception cref="CborException">Not an unsigned integer.</exception>
    public ulong ReadUInt64()
    {
        Expect(CborType.UnsignedInteger);
        var value = ReadHead(out _);
        NoteKey(value);
        ItemDone();
        return value;
    }

    /// <summary>Reads an integer of either sign.</summary>
    /// <exception cref="CborException">Not an integer, or outside the range of Int64.</exception>
    public long ReadInt64()
    {
        var at = _position;
        var value = ReadInteger();
        if (value < long.MinValue || value > long.MaxValue)
            throw new CborException(CborFailure.Unexpected, at, "The integer does not fit 64 bits with a sign.");
        return (long)value;
    }

    /// <summary>Reads an integer of either sign: all that CBOR can write without a tag, −2⁶⁴ to 2⁶⁴−1.</summary>
    /// <exception cref="CborException">Not an integer.</exception>
    public Int128 ReadInteger()
    {
        var type = PeekType();
        if (type is not (CborType.UnsignedInteger or CborType.NegativeInteger)) throw Unexpected(CborType.UnsignedInteger, type);
        var argument = ReadHead(out _);
        var value = type == CborType.UnsignedInteger ? argument : -1 - (Int128)argument;
        NoteKey(value);
        ItemDone();
        return value;
    }

    /// <summary>Reads a text string, its chunks joined.</summary>
    /// <exception cref="CborException">Not a text string, not UTF-8, or too long.</exception>
    public string ReadTextString()
    {
        Expect(CborType.TextString);
        var text = ReadText();
        NoteKey(text);
        ItemDone();
        return text;
    }

    /// <summary>Reads a byte string, its chunks joined.</summary>
    /// <exception cref="CborException">Not a byte string, or too long.</exception>
    public byte[] ReadByteString()
    {
        Expect(CborType.ByteString);
        RefuseAsKey();
        var bytes = ReadBytes();
        ItemDone();
        return bytes;
    }

    /// <summary>Reads true or false.</summary>
    /// <exception cref="CborException">Neither.</exception>
    public bool ReadBoolean()
    {
        Expect(CborType.Boolean);
        RefuseAsKey();
        var value = ReadHead(out _) == 21;
        ItemDone();
        return value;
    }

    /// <summary>Reads null.</summary>
    /// <exception cref="CborException">Something else is there.</exception>
    public void ReadNull()
    {
        Expect(CborType.Null);
        RefuseAsKey();
        ReadHead(out _);
        ItemDone();
    }

    /// <summary>Reads a floating-point number of any precision (§3.3).</summary>
    /// <exception cref="CborException">Not a floating-point number.</exception>
    public double ReadDouble()
    {
        Expect(CborType.Float);
        RefuseAsKey();
        var bits = ReadHead(out var information);
        ItemDone();
        return information switch
        {
            25 => (double)BitConverter.UInt16BitsToHalf((ushort)bits),
            26 => BitConverter.UInt32BitsToSingle((uint)bits),
            _ => BitConverter.UInt64BitsToDouble(bits),
        };
    }

    /// <summary>Reads past the next item and all it holds, checking it as if it were read.</summary>
    /// <exception cref="CborException">It is malformed or over a limit.</exception>
    public void SkipValue()
    {
        var floor = _depth;
        do
        {
            switch (PeekType())
            {
                case CborType.End: ReadEnd(); break;
                case CborType.Map: Open(CborType.Map); break;
                case CborType.Array: Open(CborType.Array); break;
                case CborType.TextString: ReadTextString(); break;
                case CborType.UnsignedInteger or CborType.NegativeInteger: ReadInteger(); break;
                case CborType.ByteString: RefuseAsKey(); ReadBytes(); ItemDone(); break;
                default: RefuseAsKey(); ReadHead(out _); ItemDone(); break;
            }
        }
        while (_depth > floor);
    }

    int? Open(CborType type)
    {
        Expect(type);
        RefuseAsKey();
        if (_depth == _limits.MaximumDepth) throw new CborException(CborFailure.OverLimit, _position, $"More than {_depth} levels deep.");
        var count = ReadHead(out var information);
        var indefinite = information == 31;

        // Each item takes a byte at least, so a count beyond what is left is a lie: refuse it before anyone sizes a buffer by it.
        var perEntry = type == CborType.Map ? 2u : 1u;
        if (!indefinite && count > (ulong)(_data.Length - _position) / perEntry) throw Malformed("More items declared than bytes are left.");
        _frames[_depth++] = new Frame(type == CborType.Map, indefinite ? -1 : (int)(count * perEntry));
        return indefinite ? null : (int)count;
    }

    readonly bool AtContainerEnd()
    {
        if (_depth == 0) return false;
        ref var frame = ref _frames[_depth - 1];
        if (frame.Remaining >= 0) return frame.Remaining == 0;
        if (Need(1)[0] != 0xFF) return false;
        return frame.ExpectsKey || !frame.IsMap ? true : throw Malformed("An indefinite map ends after a key (§3.2.2).");
    }

    void ItemDone()
    {
        if (_depth == 0)
        {
            _finished = true;
            return;
        }

        ref var frame = ref _frames[_depth - 1];
        if (frame.Remaining > 0) frame.Remaining--;
        if (frame.IsMap) frame.ExpectsKey = !frame.ExpectsKey;
    }

    void Expect(CborType wanted)
    {
        var type = PeekType();
        if (type != wanted) throw Unexpected(wanted, type);
    }

    readonly CborException Unexpected(CborType wanted, CborType found) =>
        new(CborFailure.Unexpected, _position, $"{wanted} expected, {found} found.");

    readonly CborException Malformed(string message) => new(CborFailure.Malformed, _position, message);
}
