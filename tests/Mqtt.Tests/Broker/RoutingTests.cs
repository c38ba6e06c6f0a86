namespace FleetPlatform.Mqtt.Tests;

public class RoutingTests
{
    [Theory]
    [InlineData(ProtocolVersion.V311, QoS.AtMostOnce)]
    [InlineData(ProtocolVersion.V311, QoS.AtLeastOnce)]
    [InlineData(ProtocolVersion.V500, QoS.AtMostOnce)]
    [InlineData(ProtocolVersion.V500, QoS.AtLeastOnce)]
    public async Task A_message_reaches_its_subscriber(ProtocolVersion version, QoS qos)
    {
        await using var test = await TestBroker.Start();
        await using var subscriber = await test.Connect("s", version);
        await using var publisher = await test.Connect("p", version);

        (await subscriber.Subscribe("a/+/c", qos)).ShouldBe((ReasonCode)qos);
        for (var i = 0; i < 300; i++) await publisher.Publish("a/b/c", "hello"u8.ToArray(), qos);

        for (var i = 0; i < 300; i++)
        {
            var message = await subscriber.Next();
            message.Topic.ShouldBe("a/b/c");
            message.Text().ShouldBe("hello");
            message.QoS.ShouldBe(qos);
        }
    }

    [Theory]
    [InlineData(System.Security.Authentication.SslProtocols.Tls12)]
    [InlineData(System.Security.Authentication.SslProtocols.Tls13)]
    public async Task A_message_crosses_mutual_TLS(System.Security.Authentication.SslProtocols protocol)
    {
        await using var test = await TestBroker.Start();
        var certificate = test.Pki.Issue("device-1");
        await using var device = await MqttClientConnection.Connect(test.Tls("d", tls: test.Pki.ClientTls(certificate, protocol, "x-amzn-mqtt-ca")));

        await device.Subscribe("t", QoS.AtLeastOnce);
        await device.Publish("t", new byte[100_000], QoS.AtLeastOnce);

        (await device.Next()).Payload.Length.ShouldBe(100_000);
        test.Policy.Attempts.TryDequeue(out var attempt).ShouldBeTrue();
        attempt!.ClientCertificate.ToArray().ShouldBe(certificate.RawData);
        attempt.Tls!.Protocol.ShouldBe(protocol);
        attempt.Tls.ApplicationProtocol.ShouldBe("x-amzn-mqtt-ca");
        attempt.Tls.ServerName.ShouldBe("localhost");
    }
}
