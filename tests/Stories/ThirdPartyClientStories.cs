using System.Text.Json;
using FleetPlatform.Pki;
using FleetPlatform.TestKit;

namespace FleetPlatform.Stories;

/// <summary>Clients that know nothing of this platform provision against it, as they would against AWS.</summary>
public sealed class ThirdPartyClientStories(Platform platform)
{
    public static TheoryData<int, bool> SdkFlows => new() { { 3, false }, { 3, true }, { 5, false }, { 5, true } };

    [Theory]
    [MemberData(nameof(SdkFlows))]
    public async Task The_aws_iot_device_sdk_provisions_reconnects_and_hears_itself(int protocol, bool ownKey)
    {
        var device = await platform.NewThirdPartyDevice($"sdk-{protocol}-{(ownKey ? "csr" : "keys")}", ownKey);

        var outcome = await device.RunNode("aws-device-sdk.mjs", settings => settings["protocol"] = protocol);

        outcome["thingName"]!.GetValue<string>().ShouldBe(device.Serial);
        outcome["echoed"]!.GetValue<string>().ShouldBe(protocol == 5 ? "hello 5" : "hello 3.1.1");
        outcome["deviceConfiguration"]!["telemetryTopic"]!.GetValue<string>().ShouldBe($"devices/{device.Serial}/telemetry");
    }

    public static TheoryData<string, string?, int> Transports => new()
    {
        { "TLSv1.2", null, 4 },
        { "TLSv1.3", null, 5 },
        { "TLSv1.2", "x-amzn-mqtt-ca", 5 },
        { "TLSv1.3", "x-amzn-mqtt-ca", 4 },
    };

    [Theory]
    [MemberData(nameof(Transports))]
    public async Task Mqtt_js_provisions_over_every_transport(string tls, string? alpn, int protocol)
    {
        var device = await platform.NewThirdPartyDevice($"mqttjs-{tls}-{protocol}".Replace('.', '-'), ownKey: false);

        var outcome = await device.RunNode("mqttjs.mjs", settings =>
        {
            settings["tls"] = tls;
            settings["alpn"] = alpn;
            settings["protocol"] = protocol;
        });

        outcome["thingName"]!.GetValue<string>().ShouldBe(device.Serial);
        outcome["echoed"]!.GetValue<string>().ShouldBe("hello from MQTT.js");
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task Mqtt_js_provisions_in_CBOR_written_by_cborg(bool ownKey)
    {
        var device = await platform.NewThirdPartyDevice($"cbor-{(ownKey ? "csr" : "keys")}", ownKey);

        var outcome = await device.RunNode("mqttjs.mjs", settings => settings["format"] = "cbor");

        outcome["thingName"]!.GetValue<string>().ShouldBe(device.Serial);
        outcome["echoed"]!.GetValue<string>().ShouldBe("hello from MQTT.js");
    }

    [Theory]
    [InlineData(4, true)]
    [InlineData(5, false)]
    public async Task Paho_provisions(int protocol, bool ownKey)
    {
        var device = await platform.NewThirdPartyDevice($"paho-{protocol}", ownKey);

        var outcome = await device.RunPython("paho_client.py", settings => settings["protocol"] = protocol);

        outcome["thingName"]!.GetValue<string>().ShouldBe(device.Serial);
        outcome["echoed"]!.GetValue<string>().ShouldBe("hello from paho");
    }

    /// <summary>Answers come to the connection that asked and to no other: mosquitto_rr asks and hears on one, a pub beside a sub would hear nothing.</summary>
    [Fact]
    public async Task Mosquitto_rr_provisions_step_by_step()
    {
        var device = await platform.NewThirdPartyDevice("mosquitto-rr", ownKey: true);

        var created = await device.MosquittoAsks(Exchange.CreateFromCsr, Exchange.Request(Platform.OwnRequest(device.Serial)));
        var registered = await device.MosquittoAsks(
            Exchange.Provision(Platform.Template), Exchange.Registration(created["certificateOwnershipToken"]!.GetValue<string>(), ("SerialNumber", device.Serial)));

        registered["thingName"]!.GetValue<string>().ShouldBe(device.Serial);
    }

    [Fact]
    public async Task Mosquitto_clients_publish_and_subscribe_as_provisioned_devices()
    {
        var device = await platform.NewThirdPartyDevice("mosquitto", ownKey: false);
        var listener = await platform.ProvisionsDevice("mosquitto-sub");
        var speaker = await platform.ProvisionsDevice("mosquitto-pub");
        const string topic = "square/mosquitto";

        // A retained message is heard however the two are timed.
        (await device.Mosquitto("mosquitto_pub", speaker, "-t", topic, "-m", "hello from mosquitto", "-q", "1", "-r")).Succeeded();
        var heard = await device.Mosquitto("mosquitto_sub", listener, "-t", topic, "-C", "1", "-W", "20", "-q", "1");

        heard.Succeeded().Output.ShouldContain("hello from mosquitto");
    }

    [Fact]
    public async Task The_aws_sdk_for_javascript_operates_the_control_plane()
    {
        var (accessKeyId, secretAccessKey) = platform.Endpoints.ReadCredentials();
        var lines = new[] { "Bulk-1", "Bulk/2", "Bulk-3" }.Select(thing => JsonSerializer.Serialize(new { ThingName = thing, CSR = Platform.OwnRequest(thing) }));
        await platform.Operator.PutRegistrationInput("fleet", "javascript/input.jsonl", 0, lines, CancellationToken.None);

        var outcome = await Command.Run("node", ["control-plane.mjs"], directory: Path.Combine(Repository.Root, "tests", "clients"), environment: new Dictionary<string, string>
        {
            ["AWS_ENDPOINT_URL_IOT"] = platform.Endpoints.ControlPlane.ToString(),
            ["AWS_REGION"] = platform.Endpoints.Region,
            ["AWS_ACCESS_KEY_ID"] = accessKeyId,
            ["AWS_SECRET_ACCESS_KEY"] = secretAccessKey,
            ["BULK_INPUT"] = "javascript/input.jsonl",
        });

        outcome.Succeeded();
    }
}
