using System.Buffers;
using System.Buffers.Binary;
using System.Text;

namespace FleetPlatform.Cbor;

/// <content>Heads, strings, tags and the keys of open maps.</content>
public ref partial struct CborReader
{
    static readonly UTF8Encoding Utf8 = new(encoderShouldEmitUTF8Identifier: false, throwOnInvalidBytes: true);

    struct Frame(bool isMap, int remaining)
    {
        public readonly bool IsMap = isMap;
        public bool ExpectsKey = isMap;

        /// <summary>Items still to come, keys and values each counted; −1 until the break.</summary>
        public int Remaining = remaining;

        public HashSet<string>? TextKeys;
        public HashSet<Int128>? IntegerKeys;
    }

    void NoteKey(string key)
    {
        if (_depth == 0 || !_frames[_depth - 1].ExpectsKey) return;
        if (!(_frames[_depth - 1].TextKeys ??= []).Add(key)) throw Malformed("The same key twice in a map (§5.6).");
    }

    void NoteKey(Int128 key)
    {
        if (_depth == 0 || !_frames[_depth - 1].ExpectsKey) return;
        if (!(_frames[_depth - 1].IntegerKeys ??= []).Add(key)) throw Malformed("The same key twice in a map (§5.6).");
    }

    readonly void RefuseAsKey()
    {
        if (_depth > 0 && _frames[_depth - 1].ExpectsKey)
            throw new CborException(CborFailure.Unexpected, _position, "A map key must be a text string or an integer.");
    }

    void SkipTags()
    {
        while (Need(1)[0] >> 5 == 6) ReadHead(out _);
    }

    /// <summary>Reads the initial byte and its argument (§3).</summary>
    /// <param name="information">The low five bits; 31 for an indefinite length.</param>
    ulong ReadHead(out int information)
    {
        if (++_items > _limits.MaximumItems) throw new CborException(CborFailure.OverLimit, _position, $"More than {_limits.MaximumItems} items.");
        var initial = Need(1)[0];
        information = initial & 0x1F;
        var major = initial >> 5;
        switch (information)
        {
            case < 24:
                _position++;
                return (ulong)information;
            case 24:
                var one = Need(2)[1];
                if (major == 7 && one < 32) throw Malformed("A simple value below 32 in two bytes (§3.3).");
                _position += 2;
                return one;
            case 25:
                var two = BinaryPrimitives.ReadUInt16BigEndian(Need(3)[1..]);
                _position += 3;
                return two;
            case 26:
                var four = BinaryPrimitives.ReadUInt32BigEndian(Need(5)[1..]);
                _position += 5;
                return four;
            case 27:
                var eight = BinaryPrimitives.ReadUInt64BigEndian(Need(9)[1..]);
                _position += 9;
                return eight;
            case 31 when major is >= 2 and <= 5:
                _position++;
                return 0;
            default:
                throw Malformed("Reserved additional information, or an indefinite length where none may be (§3.2).");
        }
    }

    string ReadText()
    {
        try
        {
            var length = ReadHead(out var information);
            if (information != 31) return Utf8.GetString(TakeString(length, 0));

            var text = new StringBuilder();
            for (var total = 0; NextChunk(major: 3, ref total, out var chunk);) text.Append(Utf8.GetString(chunk)); // UTF-8 in each chunk: §3.2.3
            return text.ToString();
        }
        catch (DecoderFallbackException)
        {
            throw Malformed("A text string is not UTF-8 (§3.1).");
        }
    }

    byte[] ReadBytes()
    {
        var length = ReadHead(out var information);
        if (information != 31) return TakeString(length, 0).ToArray();

        var bytes = new ArrayBufferWriter<byte>();
        for (var total = 0; NextChunk(major: 2, ref total, out var chunk);) bytes.Write(chunk);
        return bytes.WrittenSpan.ToArray();
    }

    bool NextChunk(int major, ref int total, out ReadOnlySpan<byte> chunk)
    {
        chunk = default;
        var initial = Need(1)[0];
        if (initial == 0xFF)
        {
            _position++;
            return false;
        }

        if (initial >> 5 != major) throw Malformed("A chunk of another type in an indefinite-length string (§3.2.3).");
        var length = ReadHead(out var information);
        if (information == 31) throw Malformed("An indefinite-length chunk in an indefinite-length string (§3.2.3).");
        chunk = TakeString(length, total);
        total += chunk.Length;
        return true;
    }

    ReadOnlySpan<byte> TakeString(ulong length, int already)
    {
        if (length > (ulong)(_limits.MaximumStringBytes - already))
            throw new CborException(CborFailure.OverLimit, _position, $"A string of more than {_limits.MaximumStringBytes} bytes.");
        var taken = Need((int)length)[..(int)length];
        _position += (int)length;
        return taken;
    }

    readonly ReadOnlySpan<byte> Need(int bytes) =>
        _data.Length - _position >= bytes ? _data[_position..] : throw Malformed("The document ends inside an item.");
}
