using System.Buffers;
using System.Globalization;
using System.Text;
using FsCheck;
using FsCheck.Fluent;

namespace FleetPlatform.Cbor.Tests;

public sealed class CborWriterTests
{
    [Theory] // RFC 8949 Appendix A
    [InlineData(0, "00")]
    [InlineData(23, "17")]
    [InlineData(24, "1818")]
    [InlineData(100, "1864")]
    [InlineData(255, "18ff")]
    [InlineData(256, "190100")]
    [InlineData(1000, "1903e8")]
    [InlineData(65536, "1a00010000")]
    [InlineData(1000000, "1a000f4240")]
    [InlineData(1000000000000, "1b000000e8d4a51000")]
    [InlineData(-1, "20")]
    [InlineData(-100, "3863")]
    [InlineData(-1000, "3903e7")]
    [InlineData(long.MinValue, "3b7fffffffffffffff")]
    public void Integers_have_the_shortest_head(long value, string hex)
    {
        var output = new ArrayBufferWriter<byte>();
        new CborWriter(output).WriteInteger(value);
        Convert.ToHexStringLower(output.WrittenSpan).ShouldBe(hex);
    }

    [Theory] // RFC 8949 Appendix A
    [InlineData(0.0, "f90000")]
    [InlineData(-0.0, "f98000")]
    [InlineData(1.1, "fb3ff199999999999a")]
    [InlineData(1.5, "f93e00")]
    [InlineData(65504.0, "f97bff")]
    [InlineData(100000.0, "fa47c35000")]
    [InlineData(5.960464477539063e-8, "f90001")]
    [InlineData(1e300, "fb7e37e43c8800759c")]
    [InlineData(double.PositiveInfinity, "f97c00")]
    [InlineData(double.NaN, "f97e00")]
    public void Floats_have_the_shortest_form_that_keeps_the_value(double value, string hex)
    {
        var output = new ArrayBufferWriter<byte>();
        new CborWriter(output).WriteDouble(value);
        Convert.ToHexStringLower(output.WrittenSpan).ShouldBe(hex);
    }

    [Fact] // aws-protocol 1.5: the example rejected message, to the byte
    public void Writes_the_rejected_message_of_the_provisioning_protocol()
    {
        var output = new ArrayBufferWriter<byte>();
        var writer = new CborWriter(output);
        writer.WriteStartMap(3);
        writer.WriteTextString("statusCode");
        writer.WriteInteger(400);
        writer.WriteTextString("errorCode"u8);
        writer.WriteTextString("InvalidPayload");
        writer.WriteTextString("errorMessage");
        writer.WriteTextString("x");

        Convert.ToHexString(output.WrittenSpan).ShouldBe(
            "A36A737461747573436F6465190190696572726F72436F64656E496E76616C69645061796C6F61646C6572726F724D6573736167656178");
    }

    [Fact] // aws-protocol 1.5: heads of keys and of the certificate id
    public void Text_heads_are_those_of_aws()
    {
        (string Text, string Head)[] rows =
        [
            ("certificateSigningRequest", "7819"), ("certificateOwnershipToken", "7819"), ("certificateId", "6D"), ("certificatePem", "6E"),
            ("privateKey", "6A"), (new string('a', 64), "7840"), ("parameters", "6A"), ("deviceConfiguration", "73"), ("thingName", "69"),
        ];
        foreach (var (text, head) in rows)
        {
            var output = new ArrayBufferWriter<byte>();
            new CborWriter(output).WriteTextString(text);
            Convert.ToHexString(output.WrittenSpan).ShouldBe(head + Convert.ToHexString(Encoding.ASCII.GetBytes(text)));
        }
    }

    [Fact]
    public void What_is_written_is_read_back() => Prop.ForAll<long, string, Tuple<byte[], double>>((integer, text, rest) =>
    {
        text = new string([.. (text ?? "").Where(c => !char.IsSurrogate(c))]);
        var (bytes, number) = rest;
        bytes ??= [];
        var output = new ArrayBufferWriter<byte>();
        var writer = new CborWriter(output);
        writer.WriteStartArray(8);
        writer.WriteInteger(integer);
        writer.WriteTextString(text);
        writer.WriteByteString(bytes);
        writer.WriteDouble(number);
        writer.WriteUInt64(ulong.MaxValue);
        writer.WriteBoolean(true);
        writer.WriteTag(1);
        writer.WriteNull();
        writer.WriteStartMap(0);

        return Diagnostic.Of(output.WrittenSpan.ToArray()) ==
            $"[{integer}, \"{text}\", h'{Convert.ToHexStringLower(bytes)}', {number.ToString("R", CultureInfo.InvariantCulture)}, {ulong.MaxValue}, true, null, {{}}]";
    }).QuickCheckThrowOnFailure();
}
