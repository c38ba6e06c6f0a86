using System.Diagnostics;
using System.Security.Cryptography.X509Certificates;

namespace FleetPlatform.Mqtt.Tests;

/// <summary>Clients that others wrote.</summary>
public class ThirdPartyTests
{
    static async Task<(int Code, string Output)> Run(string program, params string[] arguments)
    {
        using var process = Process.Start(new ProcessStartInfo(program, arguments) { RedirectStandardOutput = true, RedirectStandardError = true, UseShellExecute = false })!;
        var output = process.StandardOutput.ReadToEndAsync();
        var error = process.StandardError.ReadToEndAsync();
        await process.WaitForExitAsync().WaitAsync(Eventually.Patience);
        return (process.ExitCode, await output + await error);
    }

    [Theory]
    [InlineData("mqttv311", "0")]
    [InlineData("mqttv311", "1")]
    [InlineData("mqttv5", "0")]
    [InlineData("mqttv5", "1")]
    [InlineData("mqttv5", "2")] // granted 1
    public async Task Mosquitto_clients_talk_through_the_plain_listener(string version, string qos)
    {
        await using var test = await TestBroker.Start();
        var port = test.PlainPort.ToString();
        var receiving = Run("mosquitto_sub", "-h", "127.0.0.1", "-p", port, "-V", version, "-i", "sub", "-t", "a/+/c", "-q", qos, "-C", "2", "-W", "15");
        await Eventually.Is(() => test.Broker.Find("sub")?.SubscribedQoS("a/b/c") is not null);
        (await Run("mosquitto_pub", "-h", "127.0.0.1", "-p", port, "-V", version, "-i", "pub", "-t", "a/b/c", "-q", qos == "2" ? "1" : qos, "-m", "first")).ShouldBe((0, ""));
        (await Run("mosquitto_pub", "-h", "127.0.0.1", "-p", port, "-V", version, "-i", "pub", "-t", "a/b/c", "-q", qos == "2" ? "1" : qos, "-m", "second")).ShouldBe((0, ""));
        var (code, output) = await receiving;
        output.ShouldBe("first\nsecond\n");
        code.ShouldBe(0);
    }

    [Fact]
    public async Task Mosquitto_publishes_over_mutual_TLS()
    {
        await using var test = await TestBroker.Start();
        using var certificate = test.Pki.Issue("mosquitto");
        var folder = Directory.CreateTempSubdirectory("mqtt-tests-");
        try
        {
            await File.WriteAllTextAsync($"{folder}/ca.pem", test.Pki.RootPem, TestContext.Current.CancellationToken);
            await File.WriteAllTextAsync($"{folder}/cert.pem", certificate.ExportCertificatePem(), TestContext.Current.CancellationToken);
            await File.WriteAllTextAsync($"{folder}/key.pem", certificate.GetECDsaPrivateKey()!.ExportPkcs8PrivateKeyPem(), TestContext.Current.CancellationToken);
            string[] tls = ["-h", "localhost", "-p", test.TlsPort.ToString(), "--cafile", $"{folder}/ca.pem", "--cert", $"{folder}/cert.pem", "--key", $"{folder}/key.pem"];
            foreach (var version in new[] { "tlsv1.2", "tlsv1.3" })
                (await Run("mosquitto_pub", [.. tls, "--tls-version", version, "-i", "m", "-t", "t", "-q", "1", "-m", "hello"])).ShouldBe((0, ""));
            (await Run("mosquitto_pub", [.. tls, "--tls-alpn", "x-amzn-mqtt-ca", "-i", "m", "-t", "t", "-q", "1", "-m", "hello"])).ShouldBe((0, ""));
            test.Policy.Attempts.Count.ShouldBe(3);
            test.Policy.Attempts.ShouldAllBe(attempt => attempt.ClientCertificate.ToArray().SequenceEqual(certificate.RawData));
        }
        finally
        {
            folder.Delete(recursive: true);
        }
    }

    const string Paho = """
        import sys, threading
        import paho.mqtt.client as mqtt
        from paho.mqtt.properties import Properties
        from paho.mqtt.packettypes import PacketTypes
        port, v5 = int(sys.argv[1]), sys.argv[2] == "5"
        got, done = [], threading.Event()
        c = mqtt.Client(client_id="paho", protocol=mqtt.MQTTv5 if v5 else mqtt.MQTTv311)
        def on_connect(client, userdata, flags, rc, properties=None):
            client.subscribe([("p/#", 1), ("q", 2)])
        def on_subscribe(client, userdata, mid, granted, properties=None):
            print("granted", [int(g.value) if v5 else g for g in granted])
            extra = {}
            if v5:
                p = Properties(PacketTypes.PUBLISH); p.ResponseTopic = "r"; p.CorrelationData = b"c"; p.UserProperty = ("k", "v"); extra = {"properties": p}
            for i in range(200):
                client.publish("p/%d" % i, "m%d" % i, qos=1, **extra)
        def on_message(client, userdata, m):
            got.append(m.payload.decode())
            if v5 and len(got) == 1: print("properties", m.properties.ResponseTopic, m.properties.CorrelationData, m.properties.UserProperty)
            if len(got) == 200: done.set()
        c.on_connect, c.on_subscribe, c.on_message = on_connect, on_subscribe, on_message
        c.connect("127.0.0.1", port, 60)
        c.loop_start()
        ok = done.wait(15)
        print("in order", got == ["m%d" % i for i in range(200)], len(got))
        c.disconnect(); c.loop_stop()
        """;

    [Theory]
    [InlineData("4", "granted [1, 1]\nin order True 200\n")]
    [InlineData("5", "granted [1, 1]\nproperties r b'c' [('k', 'v')]\nin order True 200\n")]
    public async Task Paho_subscribes_and_publishes(string version, string expected)
    {
        await using var test = await TestBroker.Start();
        var (_, output) = await Run("/usr/bin/python3", "-c", Paho, test.PlainPort.ToString(), version);
        output.ShouldBe(expected);
        await Eventually.Is(() => test.Policy.Left.Contains(("paho", DisconnectCause.ClientInitiated)));
    }
}
