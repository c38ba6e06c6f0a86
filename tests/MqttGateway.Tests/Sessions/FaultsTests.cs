using FleetPlatform.Contracts;
using FleetPlatform.Mqtt;
using FleetPlatform.MqttGateway.Tests.Kit;
using FleetPlatform.ServiceDefaults;
using static FleetPlatform.MqttGateway.Tests.Kit.Neighbours;

namespace FleetPlatform.MqttGateway.Tests.Sessions;

/// <summary>What the broker refuses before or without the policy, over mutual TLS: each leaves a step that the certificate is found by.</summary>
public sealed class FaultsTests(GatewayFixture fixture) : IClassFixture<GatewayFixture>
{
    readonly GatewayUnderTest _gateway = fixture.Gateway;

    [Theory]
    [InlineData("C0 00", "protocol-error")]                                             // the first packet is not CONNECT
    [InlineData("30 FF FF FF 7F", "protocol-error")]                                    // nor a PUBLISH, whatever it declares
    [InlineData("47 45 54 20 2F", "protocol-error")]                                    // HTTP
    [InlineData("10 0D 0004 4D515458 04 02 003C 0001 61", "protocol-error")]            // not MQTT
    [InlineData("10 FF FF FF 7F", "packet-too-large")]                                  // a CONNECT of 256 MB
    [InlineData("10 0F 0006 4D5149736470 03 02 003C 0001 61", "not-supported")]         // MQTT 3.1
    [InlineData("10 0C 0004 4D515454 04 00 003C 0000", "invalid-request")]              // a persistent session without a client id
    [InlineData("10 0E 0004 4D515454 04 02 003C 0002 2461", "invalid-request")]         // $a
    [InlineData("10 0E 0004 4D515454 04 02 003C 0002 6107", "invalid-request")]         // a control character
    [InlineData("10 12 0004 4D515454 04 16 003C 0001 61 0001 77 0000", "not-supported")] // a will of QoS 2
    [InlineData("10 12 0004 4D515454 04 06 003C 0001 61 0001 23 0000", "invalid-request")] // a will to '#'
    public async Task A_CONNECT_the_broker_refuses_is_a_step_of_the_certificate(string hex, string code)
    {
        var device = _gateway.Registered(Allow("*", "*"));
        using var raw = await RawTls.Open(_gateway, device);
        await raw.Send(hex);
        await raw.IsClosed();
        await IsRecorded(device, "connect refused", code);
        _gateway.Neighbours.Registry.Asked.ShouldNotContain(asked => asked.CertificateId == device.Id);
    }

    [Fact]
    public async Task A_CONNECT_beyond_a_limit_is_refused_with_the_limit()
    {
        var device = _gateway.Registered(Allow("*", "*"));
        await Should.ThrowAsync<MqttConnectException>(_gateway.Connect(device, new string('x', 129)));
        (await IsRecorded(device, "connect refused", "limit-exceeded")).Detail!.ShouldContain("128 bytes (MaximumClientIdBytes)");

        var deep = _gateway.Registered(Allow("*", "*"));
        await Should.ThrowAsync<MqttConnectException>(_gateway.Connect(deep, "deep", will: new Will { Topic = "1/2/3/4/5/6/7/8/9" }));
        (await IsRecorded(deep, "connect refused", "limit-exceeded")).Detail!.ShouldContain("7 '/' (MaximumTopicSlashes)");
    }

    [Theory]
    [InlineData("30 FF FF FF 7F", "packet-too-large", "MQTT 5: oversize PUBLISH")]
    [InlineData("10 0E 0004 4D515454 05 02 003C 00 0001 61", "protocol-error", "a second CONNECT")]
    [InlineData("82 02 000A", "protocol-error", "malformed")]
    [InlineData("34 08 0001 74 0001 00 41 42", "not-supported", "QoS 2")]
    [InlineData("30 04 0001 23 00", "invalid-request", "a topic with a wildcard")]
    [InlineData("30 14 0011 312F322F332F342F352F362F372F382F39 00", "limit-exceeded", "a topic too deep, at QoS 0")]
    public async Task Breaking_the_protocol_or_a_limit_ends_the_connection_and_is_a_step(string hex, string code, string what)
    {
        var device = _gateway.Registered(Allow("*", "*"));
        using var faults = new Counted(_gateway, "fleet.gateway.faults");
        using var raw = await RawTls.Connect(_gateway, device, "broken-" + device.Id[..8]);
        await raw.Send(hex);
        await raw.IsClosed();
        var step = await IsRecorded(device, "connection closed by the platform", code);
        step.SessionId.ShouldNotBeNull(what);
        step.ClientId.ShouldBe("broken-" + device.Id[..8]);
        faults[code].ShouldBeGreaterThan(0);
    }

    [Fact]
    public async Task A_payload_over_the_limit_ends_the_connection_with_the_limit()
    {
        var device = _gateway.Registered(Allow("*", "*"));
        await using var connection = await _gateway.Connect(device, "heavy");
        await connection.Send(new Publish { Topic = "t", Payload = new byte[(128 * 1024) + 1] });
        (await connection.IsClosed())!.Reason.ShouldBe(ReasonCode.QuotaExceeded);
        (await IsRecorded(device, "connection closed by the platform", "limit-exceeded")).Detail!.ShouldContain("MaximumPayloadBytes");
    }

    [Fact]
    public async Task What_is_refused_on_a_connection_that_goes_on_is_a_step_each()
    {
        var device = _gateway.Registered(Allow("*", "*"));
        await using var connection = await _gateway.Connect(device, "greedy");
        (await connection.Publish("1/2/3/4/5/6/7/8/9", default, QoS.AtLeastOnce)).ShouldBe(ReasonCode.TopicNameInvalid);
        (await connection.Subscribe([.. Enumerable.Range(0, 9).Select(i => new TopicSubscription { Filter = $"f/{i}" })])).ShouldAllBe(answer => answer == ReasonCode.QuotaExceeded);
        (await connection.Subscribe("$share/g/t", QoS.AtLeastOnce)).ShouldBe(ReasonCode.SharedSubscriptionsNotSupported);
        (await connection.Subscribe("a/#/b", QoS.AtLeastOnce)).ShouldBe(ReasonCode.TopicFilterInvalid);
        for (var i = 0; i < 50; i++) (await connection.Subscribe($"f/{i}", QoS.AtLeastOnce)).ShouldBe(ReasonCode.GrantedQoS1);
        (await connection.Subscribe("f/50", QoS.AtLeastOnce)).ShouldBe(ReasonCode.QuotaExceeded);

        await IsRecorded(device, "publish refused", "limit-exceeded", "(1/2/3/4/5/6/7/8/9)");
        await IsRecorded(device, "subscribe refused", "limit-exceeded", "MaximumFiltersPerSubscribe");
        await IsRecorded(device, "subscribe refused", "not-supported", "($share/g/t)");
        await IsRecorded(device, "subscribe refused", "invalid-request", "(a/#/b)");
        await IsRecorded(device, "subscribe refused", "limit-exceeded", "MaximumSubscriptions");
        (await connection.Publish("t", default, QoS.AtLeastOnce)).ShouldBe(ReasonCode.Success);
    }

    [Fact]
    public async Task Silence_is_a_step_before_CONNECT_and_after_it()
    {
        await using var gateway = await GatewayUnderTest.Start(
            ("MqttBroker:ConnectTimeout", "00:00:03"), ("MqttBroker:MinimumKeepAlive", "00:00:01"), ("MqttBroker:MaximumKeepAlive", "00:00:01"));
        var (mute, halfOpen) = (gateway.Registered(Allow("*", "*")), gateway.Registered(Allow("*", "*")));
        using var never = await RawTls.Open(gateway, mute);
        using var gone = await RawTls.Connect(gateway, halfOpen, "half-open");
        await gone.IsClosed();
        await never.IsClosed();
        (await IsRecorded(halfOpen, "connection closed by the platform", "keep-alive-timeout", on: gateway)).ClientId.ShouldBe("half-open");
        await IsRecorded(mute, "connect refused", "connect-timeout", "ConnectTimeout", gateway);
    }

    [Fact]
    public async Task A_hostile_device_fills_neither_the_store_nor_the_share_of_others()
    {
        await using var gateway = await GatewayUnderTest.Start(("MqttGateway:RecordedRefusalsPerMinutePerPrincipal", "3"));
        var (hostile, clumsy) = (gateway.Registered(Allow("*", "*")), gateway.Registered(Allow("*", "*")));
        await using (var connection = await gateway.Connect(hostile, "hostile"))
        {
            var filter = new string('x', 60_000);
            for (var i = 0; i < 30; i++) await connection.Subscribe(filter, QoS.AtLeastOnce);
        }

        await using var other = await gateway.Connect(clumsy, "clumsy");
        await other.Publish("1/2/3/4/5/6/7/8/9", default, QoS.AtLeastOnce);
        await IsRecorded(clumsy, "publish refused", "limit-exceeded", on: gateway);
        var steps = await gateway.Get<IFlowSteps>().Find([hostile.Id], default);
        steps.Count(step => step.ReasonCode is not null).ShouldBe(3);
        steps.ShouldAllBe(step => step.Detail!.Length < 400);
    }

    async Task<FlowStep> IsRecorded(TestCertificate certificate, string step, string code, string detail = "", GatewayUnderTest? on = null)
    {
        FlowStep? found = null;
        await Eventually.Is(
            async () => (found = (await (on ?? _gateway).Get<IFlowSteps>().Find([certificate.Id], default)).FirstOrDefault(
                each => each.Step == step && each.ReasonCode == code && each.Detail!.Contains(detail, StringComparison.Ordinal))) is not null,
            $"a recorded \"{step}\" with {code} {detail}");
        found!.CertificateId.ShouldBe(certificate.Id);
        return found;
    }
}
