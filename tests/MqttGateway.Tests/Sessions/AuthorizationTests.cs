using FleetPlatform.Contracts.ThingRegistry;
using FleetPlatform.Mqtt;
using FleetPlatform.MqttGateway.Tests.Kit;
using static FleetPlatform.MqttGateway.Tests.Kit.Neighbours;

namespace FleetPlatform.MqttGateway.Tests.Sessions;

public sealed class AuthorizationTests(GatewayFixture fixture) : IClassFixture<GatewayFixture>
{
    readonly GatewayUnderTest _gateway = fixture.Gateway;
    static readonly string Anyone = Allow("iot:Connect", "*");

    [Theory] // who may do what; every row from both sides
    [InlineData("iot:Publish", "topic/a/*", "publish a/b", true)]
    [InlineData("iot:Publish", "topic/a/*", "publish b/a", false)]
    [InlineData("iot:Publish", "topic/a/*", "retain a/b", false)]
    [InlineData("iot:*", "topic/a/*", "retain a/b", true)]
    [InlineData("iot:Publish", "topic/a/*", "subscribe a/b", false)]
    [InlineData("iot:Subscribe", "topicfilter/a/*", "subscribe a/b", true)]
    [InlineData("iot:Subscribe", "topicfilter/a/*", "subscribe a/#", true)]
    [InlineData("iot:Subscribe", "topicfilter/a/+/c", "subscribe a/b/c", false)]
    [InlineData("iot:Subscribe", "topicfilter/a/+/c", "subscribe a/+/c", true)]
    [InlineData("iot:Subscribe", "topic/a/*", "subscribe a/b", false)]
    [InlineData("iot:Subscribe", "topicfilter/*", "subscribe #", true)]
    [InlineData("iot:Publish", "topic/things/${iot:ClientId}/x", "publish things/matrix/x", true)]
    [InlineData("iot:Publish", "topic/things/${iot:ClientId}/x", "publish things/other/x", false)]
    [InlineData("iot:*", "*", "subscribe $aws/certificates/create/json/accepted", true)]
    [InlineData("iot:*", "*", "subscribe $aws/certificates/create/json/+", true)]
    [InlineData("iot:*", "*", "subscribe $aws/certificates/create/json", false)]
    [InlineData("iot:*", "*", "subscribe $aws/events/presence/connected/+", false)]
    [InlineData("iot:*", "*", "subscribe $SYS/#", false)]
    [InlineData("iot:*", "*", "publish $aws/certificates/create/json/accepted", false)]
    [InlineData("iot:*", "*", "publish $aws/certificates/create/xml", false)]
    [InlineData("iot:*", "*", "publish $aws/things/a/shadow/update", false)]
    [InlineData("iot:*", "*", "publish $mine", false)]
    [InlineData("iot:*", "*", "retain $aws/certificates/create/json", false)]
    [InlineData("iot:Publish", "topic/a", "publish $aws/certificates/create/json", false)]
    public async Task The_policy_decides(string action, string resource, string what, bool allowed)
    {
        await using var connection = await _gateway.Connect(_gateway.Registered(Anyone, Allow(action, resource)), "matrix");
        var (verb, topic) = (what.Split(' ')[0], what.Split(' ')[1]);

        var reason = verb == "subscribe"
            ? await connection.Subscribe(topic, QoS.AtLeastOnce)
            : await connection.Publish(topic, Waiting.Utf8("x"), QoS.AtLeastOnce, retain: verb == "retain");

        reason.ShouldBe(allowed ? verb == "subscribe" ? ReasonCode.GrantedQoS1 : ReasonCode.Success : ReasonCode.NotAuthorized);
        await connection.HeardNothing(); // and in 5.0 the connection lives on (aws-protocol 8.7)
    }

    [Fact]
    public async Task Old_clients_see_a_failed_subscription_and_a_closed_connection()
    {
        var connection = await _gateway.Connect(_gateway.Registered(Anyone), "old-matrix", ProtocolVersion.V311);
        (await connection.Subscribe("a", QoS.AtMostOnce)).IsFailure().ShouldBeTrue();
        await connection.Publish("a", Waiting.Utf8("x"), QoS.AtMostOnce);
        (await connection.IsClosed()).ShouldBeNull();
    }

    [Fact]
    public async Task Receiving_is_decided_for_every_message()
    {
        var reader = await _gateway.Connect(_gateway.Registered(Anyone, Allow("iot:Subscribe", "*"), Allow("iot:Receive", "topic/open/*")), "reader");
        await reader.Subscribe("#", QoS.AtLeastOnce);
        await using var writer = await _gateway.Connect(_gateway.Registered(Allow("*", "*")), "writer");
        await writer.Publish("closed/a", Waiting.Utf8("1"), QoS.AtLeastOnce);
        await writer.Publish("open/a", Waiting.Utf8("2"), QoS.AtLeastOnce);

        (await reader.Next()).Text().ShouldBe("2");
        await reader.HeardNothing();
        await reader.DisposeAsync();
    }

    [Fact]
    public async Task A_thing_is_what_is_attached_and_named_as_the_client()
    {
        var certificate = TestAuthority.Client();
        _gateway.Neighbours.Grant(AGrant(certificate.Id, Allow("iot:Connect", "*"), Allow("iot:Publish", "topic/${iot:Connection.Thing.ThingName}/data")) with
        {
            Things = [new ThingGrant { ThingName = "lamp-1", Attributes = new Dictionary<string, string>() }],
        });
        await using (var named = await _gateway.Connect(certificate, "lamp-1"))
            (await named.Publish("lamp-1/data", Waiting.Utf8("x"), QoS.AtLeastOnce)).ShouldBe(ReasonCode.Success);
        await using (var other = await _gateway.Connect(certificate, "lamp-2"))
        {
            (await other.Publish("lamp-1/data", Waiting.Utf8("x"), QoS.AtLeastOnce)).ShouldBe(ReasonCode.NotAuthorized);
            (await other.Publish("lamp-2/data", Waiting.Utf8("x"), QoS.AtLeastOnce)).ShouldBe(ReasonCode.NotAuthorized);
        }
    }

    [Fact]
    public async Task A_denied_packet_is_recorded_once_with_its_topic()
    {
        var certificate = _gateway.Registered(Anyone);
        await using var connection = await _gateway.Connect(certificate, "denied-1");
        await connection.Publish("not/mine", Waiting.Utf8("x"), QoS.AtLeastOnce);

        await Eventually.Is(async () => (await _gateway.Get<ServiceDefaults.IFlowSteps>().Find(["denied-1"], default))
            .Any(step => step is { Step: "publish refused", ReasonCode: "access-denied", SessionId.Length: 32 } && step.CertificateId == certificate.Id && step.Detail!.Contains("not/mine", StringComparison.Ordinal)));
    }
}
