using System.Runtime.CompilerServices;
using System.Security.Cryptography;
using FleetPlatform.Cli.Factory;
using FsCheck;
using FsCheck.Fluent;

namespace FleetPlatform.Cli.Tests.Factory;

public sealed class NvsPartitionTests
{
    static readonly (string, string)[] Texts = [("client_cert", "-----BEGIN CERTIFICATE-----\nMIIB\n-----END CERTIFICATE-----\n"), ("client_key", "k")];

    [Fact]
    public void What_is_written_is_read_by_the_published_format() =>
        NvsReader.Read(NvsPartition.Write(0x6000, "certs", Texts))["certs"].Select(pair => (pair.Key, pair.Value)).ShouldBe(Texts);

    [Fact]
    public void The_octets_are_those_of_the_golden_file()
    {
        // Made once by Espressif's rules with zlib's crc32 (tests/Cli.Tests/Golden/nvs.py); the pages that follow are erased flash.
        var image = NvsPartition.Write(NvsPartition.MinimumBytes, "certs", Texts);
        var written = string.Join('\n', image.Chunk(32).TakeWhile((line, index) => index < 8).Select(Convert.ToHexStringLower)) + "\n";
        written.ShouldBe(File.ReadAllText(Path.Combine(Here(), "../Golden/nvs.hex")));
        image.AsSpan(8 * 32).IndexOfAnyExcept((byte)0xFF).ShouldBe(-1);
    }

    [Fact]
    public void The_image_is_the_one_that_Espressifs_generator_makes()
    {
        // SHA-256 of what nvs_partition_gen.py (espressif/esp-idf-nvs-partition-gen at 67113ed) makes of these texts: two pages of five.
        var image = NvsPartition.Write(0x5000, "certs", [("client_cert", new('a', 2500)), ("client_key", new('b', 3000))]);
        Convert.ToHexStringLower(SHA256.HashData(image)).ShouldBe("4099ea6cd2e531279d275334a4c1bc5640d93ca1fde43292eb5d2da276d46e92");
    }

    [Fact]
    public void A_full_page_is_closed_and_an_entry_never_crosses_into_the_next()
    {
        var long1 = new string('a', NvsPartition.MaximumTextBytes - 1);
        var image = NvsPartition.Write(0x5000, "certs", [("one", long1), ("two", "b"), ("three", long1[1..])]);
        NvsReader.Read(image)["certs"].ShouldBe(new() { ["one"] = long1, ["two"] = "b", ["three"] = long1[1..] });
    }

    [Fact]
    public void Any_texts_that_fit_come_back() => Prop.ForAll(
        ArbMap.Default.ArbFor<string[]>(), texts =>
        {
            var given = texts.OfType<string>().Select(text => text.Replace('\0', '0')).Where(text => text.Length < 300 && !text.Any(char.IsSurrogate)).Take(30)
                .Select((text, index) => ($"key{index}", text)).ToArray();
            return NvsReader.Read(NvsPartition.Write(0x10000, "certs", given))["certs"].Select(pair => (pair.Key, pair.Value)).SequenceEqual(given);
        }).Check(Config.QuickThrowOnFailure.WithQuietOnSuccess(true));

    [Fact]
    public void What_does_not_fit_is_said_and_not_cut()
    {
        Should.Throw<ArgumentException>(() => NvsPartition.Write(0x6000, "certs", [("key", new string('a', NvsPartition.MaximumTextBytes))]));
        Should.Throw<ArgumentException>(() => NvsPartition.Write(0x3000, "certs", [("a", new string('a', 3900)), ("b", new string('a', 3900)), ("c", new string('a', 100))]));
        Should.Throw<ArgumentException>(() => NvsPartition.Write(0x2000, "certs", []));
        Should.Throw<ArgumentException>(() => NvsPartition.Write(0x3001, "certs", []));
        Should.Throw<ArgumentException>(() => NvsPartition.Write(0x3000, "sixteen-letters-", []));
    }

    static string Here([CallerFilePath] string path = "") => Path.GetDirectoryName(path)!;
}
