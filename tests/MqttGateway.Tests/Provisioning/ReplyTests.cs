using System.Text;
using System.Text.Json;
using FleetPlatform.Contracts;
using FleetPlatform.MqttGateway.Provisioning;
using FleetPlatform.MqttGateway.Tests.Kit;

namespace FleetPlatform.MqttGateway.Tests.Provisioning;

public sealed class ReplyTests
{
    const string Pem = "-----BEGIN CERTIFICATE-----\nAb+/\n-----END CERTIFICATE-----\n";
    static readonly string Id = new('a', 64);

    [Fact]
    public void The_answer_to_a_csr_is_written_to_the_byte()
    {
        Json(Reply.Certificate(BodyFormat.Json, "tok", Id, Pem)).ShouldBe(
            "{\"certificateOwnershipToken\":\"tok\",\"certificateId\":\"" + Id +
            "\",\"certificatePem\":\"-----BEGIN CERTIFICATE-----\\nAb+/\\n-----END CERTIFICATE-----\\n\"}");
        Hex(Reply.Certificate(BodyFormat.Cbor, "tok", Id, Pem)).ShouldBe(
            "A3" + "7819" + Hex("certificateOwnershipToken") + "63" + Hex("tok") + "6D" + Hex("certificateId") + "7840" + Hex(Id) +
            "6E" + Hex("certificatePem") + "783B" + Hex(Pem));
    }

    [Fact]
    public void The_answer_with_a_key_is_written_to_the_byte()
    {
        var key = Waiting.Utf8("-----BEGIN EC PRIVATE KEY-----\nQ==\n-----END EC PRIVATE KEY-----\n");
        Json(Reply.KeysAndCertificate(BodyFormat.Json, "tok", Id, Pem, key)).ShouldBe(
            "{\"certificateId\":\"" + Id + "\",\"certificatePem\":\"-----BEGIN CERTIFICATE-----\\nAb+/\\n-----END CERTIFICATE-----\\n\"," +
            "\"privateKey\":\"-----BEGIN EC PRIVATE KEY-----\\nQ==\\n-----END EC PRIVATE KEY-----\\n\",\"certificateOwnershipToken\":\"tok\"}");
        Hex(Reply.KeysAndCertificate(BodyFormat.Cbor, "tok", Id, Pem, key)).ShouldBe(
            "A4" + "6D" + Hex("certificateId") + "7840" + Hex(Id) + "6E" + Hex("certificatePem") + "783B" + Hex(Pem) +
            "6A" + Hex("privateKey") + $"78{key.Length:X2}" + Convert.ToHexString(key) + "7819" + Hex("certificateOwnershipToken") + "63" + Hex("tok"));
    }

    [Fact]
    public void The_answer_of_a_registration_is_written_to_the_byte()
    {
        var configuration = new Dictionary<string, string> { ["a"] = "b\"\\\u0001é", ["c"] = "" };
        Json(Reply.Thing(BodyFormat.Json, "t1", configuration)).ShouldBe(
            "{\"deviceConfiguration\":{\"a\":\"b\\\"\\\\\\u0001é\",\"c\":\"\"},\"thingName\":\"t1\"}");
        Hex(Reply.Thing(BodyFormat.Cbor, "t1", configuration)).ShouldBe(
            "A2" + "73" + Hex("deviceConfiguration") + "A2" + "61" + Hex("a") + "66" + Hex("b\"\\\u0001é") + "61" + Hex("c") + "60" + "69" + Hex("thingName") + "62" + Hex("t1"));

        Json(Reply.Thing(BodyFormat.Json, null, new Dictionary<string, string>())).ShouldBe("{\"deviceConfiguration\":{}}");
        Hex(Reply.Thing(BodyFormat.Cbor, null, new Dictionary<string, string>())).ShouldBe("A1" + "73" + Hex("deviceConfiguration") + "A0");
    }

    [Fact]
    public void A_rejection_is_written_to_the_byte()
    {
        var refused = new Refused { Code = "token-expired", Detail = "A token lives one hour." };
        Json(Reply.Rejected(BodyFormat.Json, refused)).ShouldBe(
            "{\"statusCode\":400,\"errorCode\":\"InvalidCertificateOwnershipToken\",\"errorMessage\":\"token-expired: A token lives one hour.\"}");
        Hex(Reply.Rejected(BodyFormat.Cbor, refused)).ShouldBe(
            "A3" + "6A" + Hex("statusCode") + "190190" + "69" + Hex("errorCode") + "7820" + Hex("InvalidCertificateOwnershipToken") +
            "6C" + Hex("errorMessage") + "7826" + Hex("token-expired: A token lives one hour."));
    }

    [Fact]
    public void Every_reason_of_the_catalogue_can_be_told()
    {
        foreach (var reason in Reasons.All.Values)
        {
            using var json = JsonDocument.Parse(Reply.Rejected(BodyFormat.Json, new() { Code = reason.Code, Detail = "x" }).Body);
            json.RootElement.GetProperty("statusCode").GetInt32().ShouldBe(reason.MqttStatus);
            json.RootElement.GetProperty("errorMessage").GetString()!.ShouldStartWith(reason.Code + ": ");
        }
    }

    static string Json(Reply reply) => Encoding.UTF8.GetString(reply.Body);

    static string Hex(Reply reply) => Convert.ToHexString(reply.Body);

    static string Hex(string text) => Convert.ToHexString(Encoding.UTF8.GetBytes(text));
}
