using System.Buffers;
using System.Diagnostics;
using System.Text;
using FleetPlatform.Cbor;
using FleetPlatform.MqttGateway.Provisioning;
using FleetPlatform.MqttGateway.Tests.Kit;

namespace FleetPlatform.MqttGateway.Tests.Provisioning;

public sealed class RequestBodyTests
{
    const string Parameters = "a26a706172616d6574657273a16253 4e623432 781963657274696669636174654f776e657273686970546f6b656e6174";

    [Fact]
    public void Json_is_read()
    {
        var (body, refused) = Json("""{"certificateOwnershipToken":"t","parameters":{"SN":"42"},"certificateId":"ignored","templateName":{"also":["ignored",1,null]}}""");
        refused.ShouldBeNull();
        body!.OwnershipToken.ShouldBe("t");
        body.Parameters!["SN"].ShouldBe("42");
        body.CertificateSigningRequest.ShouldBeNull();
    }

    [Fact]
    public void Cbor_is_read_with_definite_and_indefinite_lengths()
    {
        foreach (var hex in new[] { Parameters, "bf" + Parameters[2..] + "ff" })
        {
            var (body, refused) = Cbor(hex);
            refused.ShouldBeNull();
            body!.OwnershipToken.ShouldBe("t");
            body.Parameters!["SN"].ShouldBe("42");
        }
    }

    [Theory] // what SDKs leave out (aws-protocol 1.3)
    [InlineData("{}")]
    [InlineData("""{"certificateOwnershipToken":null,"parameters":null}""")]
    public void Absent_members_are_absent(string json)
    {
        var (body, refused) = Json(json);
        refused.ShouldBeNull();
        (body!.OwnershipToken, body.Parameters).ShouldBe((null, null));
    }

    [Theory]
    [InlineData("", "invalid-payload")]
    [InlineData("{", "invalid-payload")]
    [InlineData("[]", "invalid-payload")]
    [InlineData("\"x\"", "invalid-payload")]
    [InlineData("{} {}", "invalid-payload")]
    [InlineData("{}x", "invalid-payload")]
    [InlineData("{\"a\":}", "invalid-payload")]
    [InlineData("{\"a\":1,}", "invalid-payload")]
    [InlineData("{/*x*/}", "invalid-payload")]
    [InlineData("\uFEFF{}", "invalid-payload")]
    [InlineData("""{"certificateOwnershipToken":7}""", "invalid-payload")]
    [InlineData("""{"certificateOwnershipToken":"a","certificateOwnershipToken":"b"}""", "invalid-payload")]
    [InlineData("""{"certificateSigningRequest":["x"]}""", "invalid-payload")]
    [InlineData("""{"certificateOwnershipToken":"\ud800"}""", "invalid-payload")]
    [InlineData("""{"parameters":[]}""", "invalid-parameters")]
    [InlineData("""{"parameters":{"a":1}}""", "invalid-parameters")]
    [InlineData("""{"parameters":{"a":true}}""", "invalid-parameters")]
    [InlineData("""{"parameters":{"a":{}}}""", "invalid-parameters")]
    [InlineData("""{"parameters":{"a":null}}""", "invalid-parameters")]
    [InlineData("""{"parameters":{"a":"1","a":"2"}}""", "invalid-parameters")]
    [InlineData("""{"parameters":{"a":"x\u0000y"}}""", "invalid-parameters")]
    [InlineData("""{"parameters":{"a\nb":"x"}}""", "invalid-parameters")]
    [InlineData("""{"a":{"a":{"a":{"a":{"a":{"a":{"a":{"a":{"a":1}}}}}}}}}""", "payload-too-deep")]
    public void Json_that_is_wrong_is_refused(string json, string code) => Json(json).Refused!.Code.ShouldBe(code);

    [Theory]
    [InlineData("", "invalid-payload")]
    [InlineData("80", "invalid-payload")]
    [InlineData("a0 00", "invalid-payload")]
    [InlineData("7b227b7d", "invalid-payload")]
    [InlineData("a1 781963657274696669636174654f776e657273686970546f6b656e 4174", "invalid-payload")]
    [InlineData("a1 6a706172616d6574657273 80", "invalid-parameters")]
    [InlineData("a1 6a706172616d6574657273 a1 6161 01", "invalid-parameters")]
    [InlineData("a1 6a706172616d6574657273 a1 01 6161", "invalid-parameters")]
    [InlineData("a1 6161 8181818181818181818101", "payload-too-deep")]
    [InlineData("a1 6161 9bffffffffffffffff", "invalid-payload")]
    [InlineData("a1 6161 7a7fffffff", "payload-too-deep")]
    public void Cbor_that_is_wrong_is_refused(string hex, string code) => Cbor(hex).Refused!.Code.ShouldBe(code);

    [Fact]
    public void Sizes_are_limited()
    {
        Json($$"""{"x":"{{new string('x', RequestBody.MaximumBytes)}}"}""").Refused!.Code.ShouldBe("payload-too-deep");
        Json($$$"""{"parameters":{"a":"{{{new string('x', 4097)}}}"}}""").Refused!.Code.ShouldBe("invalid-parameters");
        Json($$$"""{"parameters":{"a":"{{{new string('x', 4096)}}}"}}""").Refused.ShouldBeNull();
        Json($$$"""{"parameters":{ {{{string.Join(",", Enumerable.Range(0, 101).Select(i => $"\"{i}\":\"\""))}}} }}""").Refused!.Code.ShouldBe("invalid-parameters");

        var output = new ArrayBufferWriter<byte>();
        var writer = new CborWriter(output);
        writer.WriteStartMap(600);
        for (var i = 0; i < 600; i++)
        {
            writer.WriteInteger(i);
            writer.WriteInteger(0);
        }

        RequestBody.Read(output.WrittenMemory, BodyFormat.Cbor).Refused!.Code.ShouldBe("payload-too-deep");
    }

    [Fact]
    public void A_refusal_says_nothing_that_could_carry_a_secret_or_a_control_character()
    {
        var refused = Json("""{"parameters":{"a\u001b[31m":1}}""").Refused!;
        ControlCharacters.In(refused.Detail).ShouldBeFalse();
        Json("""{"certificateOwnershipToken":"secret" oops""").Refused!.Detail.ShouldNotContain("secret");
    }

    [Fact]
    public void Damage_is_read_or_refused_and_never_anything_else()
    {
        var json = Waiting.Utf8("""{"certificateOwnershipToken":"t","parameters":{"SN":"42","Z":"\u00e9\ud83d\ude00"},"x":[1,{"y":null}]}""");
        var cbor = Convert.FromHexString(Parameters.Replace(" ", "", StringComparison.Ordinal));
        var random = new Random(3);
        for (var round = 0; round < 30_000; round++)
        {
            var (seed, format) = round % 2 == 0 ? (json, BodyFormat.Json) : (cbor, BodyFormat.Cbor);
            var bytes = seed.ToArray();
            for (var flips = random.Next(1, 5); flips > 0; flips--) bytes[random.Next(bytes.Length)] ^= (byte)(1 << random.Next(8));
            var (body, refused) = RequestBody.Read(bytes.AsMemory(0, random.Next(bytes.Length + 1)), format);
            (body is null).ShouldBe(refused is not null);
        }
    }

    static (RequestBody? Body, Contracts.Refused? Refused) Json(string json) => RequestBody.Read(Encoding.UTF8.GetBytes(json), BodyFormat.Json);

    static (RequestBody? Body, Contracts.Refused? Refused) Cbor(string hex) =>
        RequestBody.Read(Convert.FromHexString(hex.Replace(" ", "", StringComparison.Ordinal)), BodyFormat.Cbor);
}
