using System.Buffers.Binary;
using System.Text;

namespace FleetPlatform.Cli.Tests.Factory;

/// <summary>
/// Reads an NVS partition as ESP-IDF's Programming Guide describes it, and trusts nothing: every checksum, span and bitmap is looked at. Written from the
/// published format, apart from the writer.
/// </summary>
static class NvsReader
{
    const int Page = 4096;

    public static Dictionary<string, Dictionary<string, string>> Read(byte[] image)
    {
        (image.Length % Page).ShouldBe(0);
        var spaces = new Dictionary<int, string>();
        var found = new Dictionary<string, Dictionary<string, string>>();
        var pages = Enumerable.Range(0, image.Length / Page).Select(index => image.AsMemory(index * Page, Page)).ToArray();
        var used = pages.Count(page => !IsErased(page.Span));
        used.ShouldBeLessThan(pages.Length, "The library needs one empty page.");
        for (var number = 0; number < pages.Length; number++)
        {
            if (number >= used) IsErased(pages[number].Span).ShouldBeTrue($"Page {number} comes after an empty one.");
            else ReadPage(pages[number].Span, number, isLast: number == used - 1, spaces, found);
        }

        return found;
    }

    static void ReadPage(ReadOnlySpan<byte> page, int number, bool isLast, Dictionary<int, string> spaces, Dictionary<string, Dictionary<string, string>> found)
    {
        U32(page).ShouldBe(isLast ? 0xFFFFFFFEu : 0xFFFFFFFCu);
        U32(page[4..]).ShouldBe((uint)number);
        page[8].ShouldBe((byte)0xFE);
        IsErased(page[9..28]).ShouldBeTrue();
        U32(page[28..]).ShouldBe(Crc(page[4..28]));

        var index = 0;
        while (index < 126 && State(page, index) == 2)
        {
            var entry = page.Slice(64 + index * 32, 32);
            int span = entry[2];
            span.ShouldBeInRange(1, 126 - index);
            for (var i = index; i < index + span; i++) State(page, i).ShouldBe(2);
            U32(entry[4..]).ShouldBe(Crc([.. entry[..4], .. entry[8..]]));
            entry[3].ShouldBe((byte)0xFF);
            var key = Encoding.ASCII.GetString(entry[8..24]).TrimEnd('\0');
            key.Length.ShouldBeLessThan(16);
            if (entry[0] == 0)
            {
                (entry[1], span).ShouldBe(((byte)1, 1));
                spaces.Add(entry[24], key);
                found.Add(key, []);
            }
            else
            {
                found[spaces[entry[0]]].Add(key, ReadText(page[(64 + (index + 1) * 32)..], entry, span));
            }

            index += span;
        }

        for (; index < 126; index++) State(page, index).ShouldBe(3);
    }

    static string ReadText(ReadOnlySpan<byte> after, ReadOnlySpan<byte> entry, int span)
    {
        entry[1].ShouldBe((byte)0x21);
        var size = BinaryPrimitives.ReadUInt16LittleEndian(entry[24..]);
        span.ShouldBe(1 + (size + 31) / 32);
        var data = after[..size];
        U32(entry[28..]).ShouldBe(Crc(data));
        data[^1].ShouldBe((byte)0);
        IsErased(after[size..((span - 1) * 32)]).ShouldBeTrue();
        return Encoding.UTF8.GetString(data[..^1]);
    }

    static int State(ReadOnlySpan<byte> page, int index) => page[32 + index / 4] >> index % 4 * 2 & 3;

    static uint U32(ReadOnlySpan<byte> bytes) => BinaryPrimitives.ReadUInt32LittleEndian(bytes);

    static bool IsErased(ReadOnlySpan<byte> bytes) => bytes.IndexOfAnyExcept((byte)0xFF) < 0;

    // zlib's crc32(data, 0xFFFFFFFF), by its table.
    static uint Crc(ReadOnlySpan<byte> data)
    {
        var register = 0xFFFFFFFFu ^ 0xFFFFFFFFu;
        foreach (var octet in data) register = Table[(register ^ octet) & 0xFF] ^ register >> 8;
        return register ^ 0xFFFFFFFFu;
    }

    static readonly uint[] Table = [.. Enumerable.Range(0, 256).Select(value =>
    {
        var entry = (uint)value;
        for (var bit = 0; bit < 8; bit++) entry = (entry & 1) == 1 ? entry >> 1 ^ 0xEDB88320 : entry >> 1;
        return entry;
    })];
}
