using System.ComponentModel.DataAnnotations;
using FleetPlatform.Mqtt;
using FleetPlatform.MqttGateway.Tests.Kit;
using static FleetPlatform.MqttGateway.Tests.Kit.Neighbours;

namespace FleetPlatform.MqttGateway.Tests.Listening;

public sealed class OptionsTests
{
    [Fact]
    public async Task The_brokers_manners_and_the_plain_listeners_address_come_from_the_configuration()
    {
        await using var gateway = await GatewayUnderTest.Start(
            ("MqttBroker:HashMatchesParent", "false"), ("MqttBroker:RetainedForWildcards", "false"), ("MqttGateway:PlainBindAddress", "127.0.0.2"));
        await using var device = await gateway.Connect(gateway.Registered(Allow("*", "*")), "as-on-aws");
        await device.Publish("a/kept", Waiting.Utf8("kept"), QoS.AtLeastOnce, retain: true);
        await device.Subscribe("a/#", QoS.AtLeastOnce);
        await device.Publish("a", Waiting.Utf8("parent"), QoS.AtLeastOnce);
        await device.HeardNothing();

        // Nobody listens there who listens on 127.0.0.1.
        await using var plain = await MqttClientConnection.Connect(new() { Host = "127.0.0.2", Port = gateway.PlainPort, ClientId = "plain" });
    }

    [Fact]
    public void A_value_out_of_its_range_is_named()
    {
        Faults(new MqttBrokerOptions()).ShouldBeEmpty();
        Faults(new MqttTlsLimits()).ShouldBeEmpty();
        Faults(new MqttBrokerOptions { MaximumTopicSlashes = -1 }).ShouldHaveSingleItem().ShouldContain("MaximumTopicSlashes");
        Faults(new MqttBrokerOptions { ConnectTimeout = TimeSpan.Zero }).ShouldHaveSingleItem().ShouldContain("ConnectTimeout");
        Faults(new MqttBrokerOptions { MinimumKeepAlive = TimeSpan.FromHours(1) }).ShouldHaveSingleItem().ShouldContain("MinimumKeepAlive (01:00:00) is above MaximumKeepAlive");
        Faults(new MqttBrokerOptions { MaximumPacketBytes = 1024 }).ShouldHaveSingleItem().ShouldContain("MaximumPayloadBytes (131072) is above");
        Faults(new MqttBrokerOptions { MaximumInflight = ushort.MaxValue }).ShouldHaveSingleItem().ShouldContain("2 GiB");
        Faults(new MqttTlsLimits { MaximumConcurrentHandshakes = 0 }).ShouldHaveSingleItem().ShouldContain("MaximumConcurrentHandshakes");
    }

    static List<string> Faults(object options)
    {
        var faults = new List<ValidationResult>();
        Validator.TryValidateObject(options, new ValidationContext(options), faults, validateAllProperties: true);
        return [.. faults.Select(fault => fault.ErrorMessage!)];
    }
}
