using System.Buffers.Binary;
using System.Text;

namespace FleetPlatform.Cli.Factory;

/// <summary>
/// Writes a partition for ESP-IDF's non-volatile storage (format version 2, little-endian; ESP-IDF Programming Guide, "Non-Volatile Storage Library,
/// Internals"): pages of 4096 bytes, each a header, a bitmap of two bits an entry, and 126 entries of 32 bytes. One namespace, strings only: what
/// <c>nvs_get_str</c> reads.
/// </summary>
sealed class NvsPartition
{
    public const int PageBytes = 4096;

    /// <summary>Longest text with its closing NUL: it must fit into one page.</summary>
    public const int MaximumTextBytes = 4000;

    /// <summary>Longest name of a namespace or a key, in ASCII characters.</summary>
    public const int MaximumNameCharacters = 15;

    /// <summary>Three pages: the storage library needs two, and one that is empty.</summary>
    public const int MinimumBytes = 3 * PageBytes;

    const int EntryBytes = 32;
    const int EntriesPerPage = 126;
    const int FirstEntry = 64;
    const uint Active = 0xFFFFFFFE;
    const uint Full = 0xFFFFFFFC;
    const byte Version2 = 0xFE;
    const byte U8 = 0x01;
    const byte Text = 0x21;
    const byte NoChunk = 0xFF;
    const byte NamespaceIndex = 1;

    readonly byte[] _bytes;
    int _page = -1;
    int _entry = EntriesPerPage;

    NvsPartition(int size)
    {
        _bytes = new byte[size];
        _bytes.AsSpan().Fill(0xFF); // erased flash
    }

    /// <param name="size">Of the partition in bytes, as in the partition table: a multiple of 4096, at least <see cref="MinimumBytes"/>.</param>
    /// <param name="name">The namespace.</param>
    /// <param name="texts">Keys and values.</param>
    /// <exception cref="ArgumentException">A size, name or text that the format does not take, or more than fits.</exception>
    public static byte[] Write(int size, string name, IEnumerable<(string Key, string Value)> texts)
    {
        if (size < MinimumBytes || size % PageBytes != 0) throw new ArgumentException($"The partition has a multiple of {PageBytes} bytes, at least {MinimumBytes}.", nameof(size));
        var partition = new NvsPartition(size);
        partition.AddNamespace(name);
        foreach (var (key, value) in texts) partition.AddText(key, value);
        return partition._bytes;
    }

    void AddNamespace(string name)
    {
        Span<byte> entry = stackalloc byte[EntryBytes];
        Begin(entry, space: 0, U8, span: 1, name);
        entry[24] = NamespaceIndex;
        Append(entry, []);
    }

    void AddText(string key, string value)
    {
        var data = new byte[Encoding.UTF8.GetByteCount(value) + 1];
        Encoding.UTF8.GetBytes(value, data);
        if (data.Length > MaximumTextBytes) throw new ArgumentException($"{key} has {data.Length - 1} bytes; at most {MaximumTextBytes - 1} fit.", nameof(value));

        Span<byte> entry = stackalloc byte[EntryBytes];
        Begin(entry, NamespaceIndex, Text, 1 + Spans(data.Length), key);
        BinaryPrimitives.WriteUInt16LittleEndian(entry[24..], (ushort)data.Length);
        BinaryPrimitives.WriteUInt32LittleEndian(entry[28..], Crc(data));
        Append(entry, data);
    }

    static int Spans(int bytes) => (bytes + EntryBytes - 1) / EntryBytes;

    static void Begin(Span<byte> entry, byte space, byte type, int span, string key)
    {
        if (key.Length is 0 or > MaximumNameCharacters || !Ascii.IsValid(key)) throw new ArgumentException($"\"{key}\": a name has 1 to {MaximumNameCharacters} ASCII characters.", nameof(key));
        entry.Fill(0xFF);
        (entry[0], entry[1], entry[2], entry[3]) = (space, type, (byte)span, NoChunk);
        entry[8..24].Clear();
        Encoding.ASCII.GetBytes(key, entry[8..]);
    }

    // An entry and its data stay on one page, up to its last entry, as with the library itself; nvs_partition_gen.py leaves the last one empty.
    void Append(Span<byte> entry, ReadOnlySpan<byte> data)
    {
        var span = 1 + Spans(data.Length);
        if (_entry + span > EntriesPerPage) NextPage();
        // Over the entry without its checksum: octets 0 to 3 and 8 to 31.
        Span<byte> summed = stackalloc byte[28];
        entry[..4].CopyTo(summed);
        entry[8..].CopyTo(summed[4..]);
        BinaryPrimitives.WriteUInt32LittleEndian(entry[4..], Crc(summed));

        var page = _bytes.AsSpan(_page * PageBytes, PageBytes);
        entry.CopyTo(page[(FirstEntry + _entry * EntryBytes)..]);
        data.CopyTo(page[(FirstEntry + (_entry + 1) * EntryBytes)..]);
        for (var end = _entry + span; _entry < end; _entry++)
            page[32 + _entry / 4] &= (byte)~(1 << _entry % 4 * 2); // 11 is empty, 10 is written
    }

    void NextPage()
    {
        if (_page >= 0) BinaryPrimitives.WriteUInt32LittleEndian(_bytes.AsSpan(_page * PageBytes), Full);
        // The last page stays empty: the library moves into it what it keeps of a full one.
        if (++_page >= _bytes.Length / PageBytes - 1) throw new ArgumentException("The partition is too small for what goes into it.");

        var header = _bytes.AsSpan(_page * PageBytes, 32);
        BinaryPrimitives.WriteUInt32LittleEndian(header, Active);
        BinaryPrimitives.WriteUInt32LittleEndian(header[4..], (uint)_page);
        header[8] = Version2;
        BinaryPrimitives.WriteUInt32LittleEndian(header[28..], Crc(header[4..28]));
        _entry = 0;
    }

    // CRC-32 (IEEE 802.3, reflected) that begins with 0 in the register and not with all ones: crc32_le(0xFFFFFFFF, …) of the chip's ROM.
    static uint Crc(ReadOnlySpan<byte> data)
    {
        var crc = 0u;
        foreach (var octet in data)
        {
            crc ^= octet;
            for (var bit = 0; bit < 8; bit++) crc = (crc >> 1) ^ (0xEDB88320 & (uint)-(int)(crc & 1));
        }

        return ~crc;
    }
}
