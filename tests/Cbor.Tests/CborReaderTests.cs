using System.Text;

namespace FleetPlatform.Cbor.Tests;

public sealed class CborReaderTests
{
    [Theory] // RFC 8949 Appendix A, every row
    [InlineData("00", "0")]
    [InlineData("01", "1")]
    [InlineData("0a", "10")]
    [InlineData("17", "23")]
    [InlineData("1818", "24")]
    [InlineData("1819", "25")]
    [InlineData("1864", "100")]
    [InlineData("1903e8", "1000")]
    [InlineData("1a000f4240", "1000000")]
    [InlineData("1b000000e8d4a51000", "1000000000000")]
    [InlineData("1bffffffffffffffff", "18446744073709551615")]
    [InlineData("c249010000000000000000", "h'010000000000000000'")]
    [InlineData("3bffffffffffffffff", "-18446744073709551616")]
    [InlineData("c349010000000000000000", "h'010000000000000000'")]
    [InlineData("20", "-1")]
    [InlineData("29", "-10")]
    [InlineData("3863", "-100")]
    [InlineData("3903e7", "-1000")]
    [InlineData("f90000", "0")]
    [InlineData("f98000", "-0")]
    [InlineData("f93c00", "1")]
    [InlineData("fb3ff199999999999a", "1.1")]
    [InlineData("f93e00", "1.5")]
    [InlineData("f97bff", "65504")]
    [InlineData("fa47c35000", "100000")]
    [InlineData("fa7f7fffff", "3.4028234663852886E+38")]
    [InlineData("fb7e37e43c8800759c", "1E+300")]
    [InlineData("f90001", "5.960464477539063E-08")]
    [InlineData("f90400", "6.103515625E-05")]
    [InlineData("f9c400", "-4")]
    [InlineData("fbc010666666666666", "-4.1")]
    [InlineData("f97c00", "Infinity")]
    [InlineData("f97e00", "NaN")]
    [InlineData("f9fc00", "-Infinity")]
    [InlineData("fa7f800000", "Infinity")]
    [InlineData("fa7fc00000", "NaN")]
    [InlineData("faff800000", "-Infinity")]
    [InlineData("fb7ff0000000000000", "Infinity")]
    [InlineData("fb7ff8000000000000", "NaN")]
    [InlineData("fbfff0000000000000", "-Infinity")]
    [InlineData("f4", "false")]
    [InlineData("f5", "true")]
    [InlineData("f6", "null")]
    [InlineData("f7", "Undefined")]
    [InlineData("f0", "Simple")]
    [InlineData("f8ff", "Simple")]
    [InlineData("c074323031332d30332d32315432303a30343a30305a", "\"2013-03-21T20:04:00Z\"")]
    [InlineData("c11a514b67b0", "1363896240")]
    [InlineData("c1fb41d452d9ec200000", "1363896240.5")]
    [InlineData("d74401020304", "h'01020304'")]
    [InlineData("d818456449455446", "h'6449455446'")]
    [InlineData("d82076687474703a2f2f7777772e6578616d706c652e636f6d", "\"http://www.example.com\"")]
    [InlineData("40", "h''")]
    [InlineData("4401020304", "h'01020304'")]
    [InlineData("60", "\"\"")]
    [InlineData("6161", "\"a\"")]
    [InlineData("6449455446", "\"IETF\"")]
    [InlineData("62225c", "\"\"\\\"")]
    [InlineData("62c3bc", "\"ü\"")]
    [InlineData("63e6b0b4", "\"水\"")]
    [InlineData("64f0908591", "\"\U00010151\"")]
    [InlineData("80", "[]")]
    [InlineData("83010203", "[1, 2, 3]")]
    [InlineData("8301820203820405", "[1, [2, 3], [4, 5]]")]
    [InlineData("98190102030405060708090a0b0c0d0e0f101112131415161718181819",
        "[1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16, 17, 18, 19, 20, 21, 22, 23, 24, 25]")]
    [InlineData("a0", "{}")]
    [InlineData("a201020304", "{1: 2, 3: 4}")]
    [InlineData("a26161016162820203", "{\"a\": 1, \"b\": [2, 3]}")]
    [InlineData("826161a161626163", "[\"a\", {\"b\": \"c\"}]")]
    [InlineData("a56161614161626142616361436164614461656145", "{\"a\": \"A\", \"b\": \"B\", \"c\": \"C\", \"d\": \"D\", \"e\": \"E\"}")]
    [InlineData("5f42010243030405ff", "h'0102030405'")]
    [InlineData("7f657374726561646d696e67ff", "\"streaming\"")]
    [InlineData("9fff", "[]")]
    [InlineData("9f018202039f0405ffff", "[1, [2, 3], [4, 5]]")]
    [InlineData("9f01820203820405ff", "[1, [2, 3], [4, 5]]")]
    [InlineData("83018202039f0405ff", "[1, [2, 3], [4, 5]]")]
    [InlineData("83019f0203ff820405", "[1, [2, 3], [4, 5]]")]
    [InlineData("9f0102030405060708090a0b0c0d0e0f101112131415161718181819ff",
        "[1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16, 17, 18, 19, 20, 21, 22, 23, 24, 25]")]
    [InlineData("bf61610161629f0203ffff", "{\"a\": 1, \"b\": [2, 3]}")]
    [InlineData("826161bf61626163ff", "[\"a\", {\"b\": \"c\"}]")]
    [InlineData("bf6346756ef563416d7421ff", "{\"Fun\": true, \"Amt\": -2}")]
    public void Reads_the_examples_of_the_standard(string hex, string expected)
    {
        Diagnostic.Of(hex).ShouldBe(expected);

        var skipping = new CborReader(Convert.FromHexString(hex));
        skipping.SkipValue();
        skipping.ReadEndOfDocument();
    }

    [Theory] // RFC 8949 Appendix F and §5.3, plus what a reader must not swallow
    [InlineData("", "no item")]
    [InlineData("18", "head cut")]
    [InlineData("1b01020304050607", "head cut")]
    [InlineData("1c", "reserved information")]
    [InlineData("1f", "indefinite integer")]
    [InlineData("3f", "indefinite negative integer")]
    [InlineData("df00", "indefinite tag")]
    [InlineData("fc", "reserved simple value")]
    [InlineData("f800", "two-byte simple value below 32")]
    [InlineData("f81f", "two-byte simple value below 32")]
    [InlineData("ff", "break alone")]
    [InlineData("c0", "tag of nothing")]
    [InlineData("4102ff", "bytes follow")]
    [InlineData("0001", "bytes follow")]
    [InlineData("42ff", "string cut")]
    [InlineData("5b7fffffffffffffff00", "string longer than memory")]
    [InlineData("5bffffffffffffffff00", "string longer than any memory")]
    [InlineData("61ff", "not UTF-8")]
    [InlineData("62c3", "cut")]
    [InlineData("63eda080", "a surrogate in UTF-8")]
    [InlineData("62c080", "overlong UTF-8")]
    [InlineData("7f61c361bcff", "a character split over chunks (§3.2.3)")]
    [InlineData("5f6161ff", "text chunk in bytes")]
    [InlineData("7f4161ff", "byte chunk in text")]
    [InlineData("7f7f6161ffff", "nested indefinite string")]
    [InlineData("5f00ff", "integer chunk")]
    [InlineData("7f6161", "no break")]
    [InlineData("9f01", "no break")]
    [InlineData("9f", "no break")]
    [InlineData("8201", "item missing")]
    [InlineData("81ff", "break in a definite array")]
    [InlineData("a101", "value missing")]
    [InlineData("a1ff", "break in a definite map")]
    [InlineData("bf01ff", "break after a key (§3.2.2)")]
    [InlineData("bf01c0ff", "break after a tag")]
    [InlineData("9b7fffffffffffffff", "array larger than the document")]
    [InlineData("bb7fffffffffffffff00", "map larger than the document")]
    [InlineData("a2616101616102", "duplicate text key")]
    [InlineData("bf616101616102ff", "duplicate text key, indefinite")]
    [InlineData("a26161017f6161ff02", "the same key in chunks")]
    [InlineData("a20101180102", "the same key in a longer head")]
    [InlineData("a181000a", "array as key")]
    [InlineData("a1a00a", "map as key")]
    [InlineData("a141000a", "bytes as key")]
    [InlineData("a1f60a", "null as key")]
    [InlineData("a1f93c000a", "float as key")]
    public void Refuses(string hex, string because)
    {
        Should.Throw<CborException>(() => Diagnostic.Of(hex), because);
        Should.Throw<CborException>(() =>
        {
            var reader = new CborReader(Convert.FromHexString(hex));
            reader.SkipValue();
            reader.ReadEndOfDocument();
        }, because);
    }

    [Fact]
    public void A_key_may_come_again_in_another_map() => Diagnostic.Of("a2 6161 a1 6161 01 6162 a1 6161 02").ShouldBe("{\"a\": {\"a\": 1}, \"b\": {\"a\": 2}}");

    [Fact]
    public void Another_type_than_asked_for_is_unexpected_not_malformed()
    {
        var failure = Should.Throw<CborException>(() => new CborReader([0x41, 0x61]).ReadTextString());
        failure.Failure.ShouldBe(CborFailure.Unexpected);

        Should.Throw<CborException>(() => new CborReader(Convert.FromHexString("1bffffffffffffffff")).ReadInt64()).Failure
            .ShouldBe(CborFailure.Unexpected);
    }

    [Fact]
    public void Depth_is_limited()
    {
        foreach (var opener in new byte[] { 0x81, 0x9f, 0xa1, 0xbf })
        {
            var bomb = Enumerable.Range(0, 60_000).SelectMany(_ => opener is 0xa1 or 0xbf ? new byte[] { opener, 0x00 } : [opener]).Take(60_000).ToArray();
            Should.Throw<CborException>(() => new CborReader(bomb).SkipValue()).Failure.ShouldBe(CborFailure.OverLimit);
        }
    }

    [Fact]
    public void Items_are_limited_whatever_holds_them()
    {
        byte[] flood = [0x9f, .. Enumerable.Repeat((byte)0x00, 60_000), 0xff];
        Should.Throw<CborException>(() => new CborReader(flood).SkipValue()).Failure.ShouldBe(CborFailure.OverLimit);

        var tags = Enumerable.Repeat((byte)0xc1, 60_000).ToArray();
        Should.Throw<CborException>(() => new CborReader(tags).SkipValue()).Failure.ShouldBe(CborFailure.OverLimit);

        byte[] chunks = [0x7f, .. Enumerable.Repeat((byte)0x60, 60_000), 0xff];
        Should.Throw<CborException>(() => new CborReader(chunks).SkipValue()).Failure.ShouldBe(CborFailure.OverLimit);
    }

    [Fact]
    public void Strings_are_limited_before_they_are_allocated()
    {
        var limits = new CborLimits { MaximumStringBytes = 10 };
        Diagnostic.Of("6a" + new string('6', 20), limits).Length.ShouldBe(12);
        Should.Throw<CborException>(() => Diagnostic.Of("6b" + new string('6', 22), limits)).Failure.ShouldBe(CborFailure.OverLimit);
        Should.Throw<CborException>(() => Diagnostic.Of("7f 66 666666666666 65 6666666666 ff", limits)).Failure.ShouldBe(CborFailure.OverLimit);
        Should.Throw<CborException>(() => new CborReader(new byte[65 * 1024]).SkipValue()).Failure.ShouldBe(CborFailure.OverLimit);
    }

    [Fact]
    public void A_bomb_costs_next_to_nothing()
    {
        byte[][] bombs =
        [
            Convert.FromHexString("9bffffffffffffffff"),
            Convert.FromHexString("bbffffffffffffffff0000"),
            Convert.FromHexString("7bffffffffffffffff"),
            [.. Enumerable.Repeat((byte)0x9f, 60_000)],
            [.. Enumerable.Repeat((byte)0xd8, 60_000)],
        ];
        foreach (var bomb in bombs) Swallow(bomb);

        var before = GC.GetAllocatedBytesForCurrentThread();
        foreach (var bomb in bombs) Swallow(bomb);

        (GC.GetAllocatedBytesForCurrentThread() - before).ShouldBeLessThan(64 * 1024);
    }

    [Fact]
    public void Random_bytes_are_read_or_refused_and_never_anything_else()
    {
        var random = new Random(8949);
        string[] seeds = ["a26161016162820203", "bf6346756ef563416d7421ff", "7f657374726561646d696e67ff", "d818456449455446"];
        for (var round = 0; round < 50_000; round++)
        {
            var bytes = Convert.FromHexString(seeds[round % seeds.Length]);
            if (round % 3 == 0) random.NextBytes(bytes);
            else for (var flips = random.Next(1, 4); flips > 0; flips--) bytes[random.Next(bytes.Length)] ^= (byte)(1 << random.Next(8));
            Swallow(bytes[..random.Next(bytes.Length + 1)]);
        }
    }

    [Fact] // the bytes of AWS's own provisioning library, aws-protocol 1.5
    public void Reads_the_provisioning_messages_of_aws()
    {
        var rejected = "A3 6A 737461747573436F6465 19 0190 69 6572726F72436F6465 6E 496E76616C69645061796C6F6164 6C 6572726F724D657373616765 61 78";
        Diagnostic.Of(rejected).ShouldBe("{\"statusCode\": 400, \"errorCode\": \"InvalidPayload\", \"errorMessage\": \"x\"}");

        var registered = "A2 73" + Hex("deviceConfiguration") + "BF 61 61 61 62 FF 69" + Hex("thingName") + "63" + Hex("abc");
        Diagnostic.Of(registered).ShouldBe("{\"deviceConfiguration\": {\"a\": \"b\"}, \"thingName\": \"abc\"}");

        static string Hex(string text) => Convert.ToHexString(Encoding.ASCII.GetBytes(text));
    }

    static void Swallow(byte[] bytes)
    {
        try
        {
            var reader = new CborReader(bytes);
            reader.SkipValue();
            reader.ReadEndOfDocument();
        }
        catch (CborException)
        {
            // Refused: as good as read.
        }
    }
}
