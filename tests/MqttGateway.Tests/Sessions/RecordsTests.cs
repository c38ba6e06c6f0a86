using FleetPlatform.Contracts.ThingRegistry;
using FleetPlatform.Mqtt;
using FleetPlatform.MqttGateway.Sessions;
using FleetPlatform.MqttGateway.Tests.Kit;
using FleetPlatform.ServiceDefaults;
using static FleetPlatform.MqttGateway.Tests.Kit.Neighbours;

namespace FleetPlatform.MqttGateway.Tests.Sessions;

public sealed class RecordsTests(GatewayFixture fixture) : IClassFixture<GatewayFixture>
{
    const string Keys = "$aws/certificates/create/json";
    readonly GatewayUnderTest _gateway = fixture.Gateway;

    [Fact]
    public async Task A_claim_is_recorded_when_it_first_asks_and_only_then()
    {
        await using var claim = await _gateway.Connect(_gateway.Claim(), "recorded-1");
        await claim.Subscribe(Keys + "/+", QoS.AtLeastOnce);
        await claim.HeardNothing();
        (await Steps("recorded-1")).ShouldBeEmpty();

        await claim.Publish(Keys, default, QoS.AtLeastOnce);
        await claim.Publish(Keys, default, QoS.AtLeastOnce);
        await claim.Next();
        await claim.Next();
        await Eventually.Is(async () => (await Steps("recorded-1")).Count > 0);

        var step = (await Steps("recorded-1")).ShouldHaveSingleItem();
        (step.Step, step.Service, step.ReasonCode).ShouldBe(("claim connected", "mqtt-gateway", null));
        step.DurationMilliseconds!.Value.ShouldBeGreaterThan(0);
        step.StreamId.ShouldBe("session-" + step.SessionId);
        (await Steps(step.SessionId!)).ShouldHaveSingleItem(); // the session's own id finds it too
    }

    [Fact]
    public async Task An_answer_nobody_subscribed_to_is_sent_and_noted()
    {
        await using var claim = await _gateway.Connect(_gateway.Claim(), "unsubscribed-1");
        await claim.Publish(Keys, default, QoS.AtLeastOnce);
        var answer = await claim.Next();
        answer.QoS.ShouldBe(QoS.AtLeastOnce);
        await Eventually.Is(async () => (await Steps("unsubscribed-1")).Any(step =>
            step is { Step: "answer not delivered", ReasonCode: null, FlowId.Length: 32 } && step.Detail!.Contains("had not subscribed", StringComparison.Ordinal)));
    }

    [Fact]
    public async Task An_answer_the_policy_forbids_is_not_sent_and_noted()
    {
        var certificate = _gateway.Registered(Allow("iot:Connect", "*"), Allow("iot:Publish", "*"), Allow("iot:Subscribe", "*"));
        await using var claim = await _gateway.Connect(certificate, "deaf-1");
        await claim.Subscribe(Keys + "/+", QoS.AtLeastOnce);
        await claim.Publish(Keys, default, QoS.AtLeastOnce);
        await Eventually.Is(async () => (await Steps("deaf-1")).Any(step => step is { Step: "answer not delivered", ReasonCode: "access-denied" }));
        await claim.HeardNothing();
    }

    [Fact]
    public async Task A_rejected_request_is_a_step_of_its_flow()
    {
        await using var claim = await _gateway.Connect(_gateway.Claim(), "rejected-1");
        await claim.Subscribe("$aws/provisioning-templates/sensor/provision/json/+", QoS.AtLeastOnce);
        await claim.Publish("$aws/provisioning-templates/sensor/provision/json", Waiting.Utf8("{"), QoS.AtLeastOnce);
        await claim.Next();
        await Eventually.Is(async () => (await Steps("rejected-1")).Any(step => step is { Step: "register-thing refused", ReasonCode: "invalid-payload", FlowId.Length: 32 }));
        var flowId = (await Steps("rejected-1")).Single(step => step.ReasonCode is not null).FlowId!;
        (await Steps(flowId)).ShouldContain(step => step.ReasonCode == "invalid-payload");
    }

    [Fact]
    public async Task The_first_connection_of_a_certificate_is_recorded_exactly_once()
    {
        var device = TestAuthority.Client();
        _gateway.Neighbours.Grant(AGrant(device.Id, Allow("*", "*")) with
        {
            Things = [new ThingGrant { ThingName = "first-1", Attributes = new Dictionary<string, string>() }],
        });
        for (var i = 0; i < 3; i++)
        {
            await using var connection = await _gateway.Connect(device, "first-1");

            // As after a restart: the gateway has to ask again, and cannot know that it was there before.
            _gateway.Get<MqttGateway.Identity.Principals>().Forget(device.Id);
        }

        await using var other = await _gateway.Connect(_gateway.Claim(), "after-first-1");
        await other.Publish(Keys, default, QoS.AtLeastOnce);
        await Eventually.Is(async () => (await Steps("after-first-1")).Count > 0); // the queue has been read past them

        var recorded = (await _gateway.Recorded("firstconnection-" + device.Id)).ShouldHaveSingleItem().ShouldBeOfType<FirstConnected>();
        (recorded.ClientId, recorded.ThingName).ShouldBe(("first-1", "first-1"));
        (await Steps(device.Id)).ShouldContain(step => step.Step == "first connection" && step.CertificateId == device.Id);
    }

    [Fact]
    public async Task A_claim_has_no_first_connection()
    {
        var claim = _gateway.Claim();
        await using (await _gateway.Connect(claim, "no-first"))
        {
        }

        await using var other = await _gateway.Connect(_gateway.Claim(), "after-no-first");
        await other.Publish(Keys, default, QoS.AtLeastOnce);
        await Eventually.Is(async () => (await Steps("after-no-first")).Count > 0);
        (await _gateway.Recorded("firstconnection-" + claim.Id)).ShouldBeEmpty();
    }

    [Fact]
    public async Task Refusals_without_end_are_recorded_so_often_and_no_more()
    {
        await using var gateway = await GatewayUnderTest.Start(("MqttGateway:RecordedRefusalsPerSecond", "0.1"), ("MqttGateway:RecordedRefusalBurst", "3"));
        await using var device = await gateway.Connect(gateway.Registered(Allow("iot:Connect", "*")), "stubborn");
        for (var i = 0; i < 20; i++) await device.Publish("not/mine", Waiting.Utf8("x"), QoS.AtLeastOnce);
        await Eventually.Is(async () => (await gateway.Get<IFlowSteps>().Find(["stubborn"], default)).Count == 3);
    }

    [Fact] // each is added to the connection's stream, which is read for that
    public async Task A_connection_that_goes_wrong_for_days_has_a_record_of_bounded_length()
    {
        await using var gateway = await GatewayUnderTest.Start(("MqttGateway:RecordedFactsPerConnection", "3"));
        await using (var device = await gateway.Connect(gateway.Registered(Allow("iot:Connect", "*")), "tireless"))
            for (var i = 0; i < 20; i++) await device.Publish("not/mine", Waiting.Utf8("x"), QoS.AtLeastOnce);
        await using var again = await gateway.Connect(gateway.Registered(Allow("iot:Connect", "*")), "tireless");
        await again.Publish("not/mine", Waiting.Utf8("x"), QoS.AtLeastOnce);
        await Eventually.Is(async () => (await gateway.Get<IFlowSteps>().Find(["tireless"], default)).Count == 4);
    }

    async Task<IReadOnlyList<Contracts.FlowStep>> Steps(string subject) => await _gateway.Get<IFlowSteps>().Find([subject], default);
}
