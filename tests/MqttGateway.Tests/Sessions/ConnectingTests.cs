using System.Security.Authentication;
using FleetPlatform.Contracts.ThingRegistry;
using FleetPlatform.Mqtt;
using FleetPlatform.MqttGateway.Sessions;
using FleetPlatform.MqttGateway.Tests.Kit;
using FleetPlatform.ServiceDefaults;
using static FleetPlatform.MqttGateway.Tests.Kit.Neighbours;

namespace FleetPlatform.MqttGateway.Tests.Sessions;

public sealed class ConnectingTests(GatewayFixture fixture) : IClassFixture<GatewayFixture>
{
    readonly GatewayUnderTest _gateway = fixture.Gateway;
    static readonly string Anyone = Allow("iot:Connect", "*");

    [Theory]
    [InlineData(ProtocolVersion.V311, SslProtocols.Tls12)]
    [InlineData(ProtocolVersion.V311, SslProtocols.Tls13)]
    [InlineData(ProtocolVersion.V500, SslProtocols.Tls12)]
    [InlineData(ProtocolVersion.V500, SslProtocols.Tls13)]
    public async Task A_registered_certificate_connects(ProtocolVersion version, SslProtocols protocols)
    {
        await using var connection = await _gateway.Connect(_gateway.Registered(Anyone), version: version, clientId: "any id", protocols: protocols);
        connection.ConnAck.Reason.ShouldBe(ReasonCode.Success);
    }

    [Fact]
    public Task An_unknown_certificate_is_refused() => IsRefused(TestAuthority.Client(), "unknown-certificate");

    [Fact]
    public Task A_certificate_that_is_not_active_is_refused()
    {
        var certificate = TestAuthority.Client();
        _gateway.Neighbours.Grant(AGrant(certificate.Id, Anyone) with { Status = CertificateStatus.Inactive });
        return IsRefused(certificate, "certificate-not-active");
    }

    [Fact]
    public Task An_expired_certificate_is_refused() =>
        IsRefused(Known(TestAuthority.Client(from: TimeSpan.FromDays(-2), until: TimeSpan.FromDays(-1))), "certificate-expired");

    [Fact]
    public Task A_certificate_from_the_future_is_refused() =>
        IsRefused(Known(TestAuthority.Client(from: TimeSpan.FromDays(1), until: TimeSpan.FromDays(2))), "certificate-not-yet-valid");

    [Fact]
    public Task A_servers_certificate_is_refused_although_registered() =>
        IsRefused(Known(TestAuthority.Client(purpose: TestAuthority.ServerAuthentication)), "certificate-usage");

    [Fact]
    public Task An_authoritys_certificate_is_refused_although_registered() => IsRefused(Known(TestAuthority.Client(isAuthority: true)), "certificate-usage");

    [Fact]
    public Task A_temporary_claim_is_refused_after_its_time()
    {
        var certificate = TestAuthority.Client();
        _gateway.Neighbours.Grant(AGrant(certificate.Id, Anyone) with { ExpiresAt = DateTimeOffset.UtcNow.AddSeconds(-1) });
        return IsRefused(certificate, "certificate-expired");
    }

    [Fact]
    public Task A_policy_that_allows_another_client_id_refuses() => IsRefused(_gateway.Registered(Allow("iot:Connect", "client/somebody-else")), "access-denied");

    [Fact]
    public Task A_client_id_with_a_wildcard_never_stands_for_the_thing() =>
        IsRefused(_gateway.Registered(Allow("iot:Connect", "client/${iot:ClientId}")), "access-denied", clientId: "a+b");

    [Theory]
    [InlineData("a\u0001b")]
    [InlineData("a\u0085b")]
    public async Task A_client_id_with_control_characters_is_refused(string clientId)
    {
        var refusal = await Should.ThrowAsync<Exception>(_gateway.Connect(_gateway.Registered(Anyone), clientId));
        (refusal is MqttConnectException or IOException).ShouldBeTrue(refusal.ToString());
    }

    [Fact]
    public async Task A_client_without_an_id_is_given_one()
    {
        await using var connection = await _gateway.Connect(_gateway.Registered(Anyone));
        connection.ClientId.ShouldStartWith("$GEN/");
    }

    [Fact]
    public async Task Old_clients_are_told_with_their_own_code()
    {
        var refusal = await Should.ThrowAsync<MqttConnectException>(_gateway.Connect(TestAuthority.Client(), "old", ProtocolVersion.V311));
        refusal.Reason.ShouldBe(ReasonCode.NotAuthorized);
    }

    [Fact]
    public async Task When_the_registry_is_away_clients_are_told_to_come_back()
    {
        await using var gateway = await GatewayUnderTest.Start();
        gateway.Neighbours.Registry.Instead = _ => throw new RequestUnavailableException("away");
        var refusal = await Should.ThrowAsync<MqttConnectException>(gateway.Connect(gateway.Registered(Anyone), "c"));
        refusal.Reason.ShouldBe(ReasonCode.ServerUnavailable);

        gateway.Neighbours.Registry.Instead = null;
        await using var connection = await gateway.Connect(gateway.Registered(Anyone), "c");
    }

    [Fact]
    public async Task A_will_needs_the_right_to_publish_it()
    {
        var certificate = _gateway.Registered(Anyone, Allow("iot:Publish", "topic/last/words"));
        Will To(string topic, bool retain = false) => new() { Topic = topic, Payload = Waiting.Utf8("x"), Retain = retain };

        await using (await _gateway.Connect(certificate, "willing", will: To("last/words")))
        {
        }

        await IsRefused(certificate, "access-denied", will: To("last/other"));
        await IsRefused(certificate, "access-denied", will: To("last/words", retain: true));
        await IsRefused(certificate, "reserved-topic", will: To("$aws/certificates/create/json/accepted"));
    }

    [Fact] // peers 3.2 case 22
    public async Task Only_the_same_certificate_takes_a_client_id_over()
    {
        var owner = _gateway.Registered(Anyone);
        await using var first = await _gateway.Connect(owner, "contested");
        await IsRefused(_gateway.Registered(Anyone), "access-denied", clientId: "contested");

        await using var second = await _gateway.Connect(owner, "contested");
        (await first.IsClosed())!.Reason.ShouldBe(ReasonCode.SessionTakenOver);
    }

    [Fact]
    public async Task A_session_is_not_inherited_by_another_certificate()
    {
        var all = Allow("iot:*", "*");
        var first = await _gateway.Connect(_gateway.Registered(all), "heir", ProtocolVersion.V311, cleanStart: false);
        await first.Subscribe("secret/#", QoS.AtLeastOnce);
        await first.Disconnect();

        await using var second = await _gateway.Connect(_gateway.Registered(all), "heir", ProtocolVersion.V311, cleanStart: false);
        second.ConnAck.SessionPresent.ShouldBeFalse();
        await second.Publish("secret/a", Waiting.Utf8("x"), QoS.AtLeastOnce);
        await second.HeardNothing();
    }

    [Fact]
    public async Task Connections_with_one_certificate_are_limited_per_second()
    {
        await using var gateway = await GatewayUnderTest.Start(("MqttGateway:ConnectsPerSecondPerPrincipal", "0.1"), ("MqttGateway:ConnectBurstPerPrincipal", "2"));
        var certificate = gateway.Registered(Anyone);
        await using var first = await gateway.Connect(certificate, "1");
        await using var second = await gateway.Connect(certificate, "2");
        (await Should.ThrowAsync<MqttConnectException>(gateway.Connect(certificate, "3"))).Reason.ShouldBe(ReasonCode.ConnectionRateExceeded);
        await using var another = await gateway.Connect(gateway.Registered(Anyone), "3");
    }

    [Fact]
    public async Task Unknown_certificates_of_one_address_are_looked_up_so_often_and_no_more()
    {
        await using var gateway = await GatewayUnderTest.Start(("MqttGateway:UnknownCertificatesPerSecond", "0.1"), ("MqttGateway:UnknownCertificateBurst", "2"));
        for (var i = 0; i < 4; i++) await Should.ThrowAsync<MqttConnectException>(gateway.Connect(TestAuthority.Client(), "c"));
        gateway.Neighbours.Registry.Asked.Count.ShouldBe(2);
    }

    [Fact]
    public async Task The_plain_listener_has_no_identity_and_no_provisioning()
    {
        await using var connection = await MqttClientConnection.Connect(new() { Host = "127.0.0.1", Port = _gateway.PlainPort, ClientId = "plain", Version = ProtocolVersion.V500 });
        await connection.Subscribe("a/b", QoS.AtLeastOnce);
        (await connection.Publish("a/b", Waiting.Utf8("x"), QoS.AtLeastOnce)).ShouldBe(ReasonCode.Success);
        (await connection.Next()).Text().ShouldBe("x");
        (await connection.Publish("$aws/certificates/create/json", default, QoS.AtLeastOnce)).ShouldBe(ReasonCode.NotAuthorized);
    }

    [Fact]
    public async Task Health_is_told_over_http()
    {
        using var http = new HttpClient();
        (await http.GetAsync(new Uri($"http://127.0.0.1:{_gateway.HttpPort}/health"))).StatusCode.ShouldBe(System.Net.HttpStatusCode.OK);
    }

    TestCertificate Known(TestCertificate certificate)
    {
        _gateway.Neighbours.Grant(certificate, Anyone);
        return certificate;
    }

    async Task IsRefused(TestCertificate certificate, string code, string clientId = "refused", Will? will = null)
    {
        await Should.ThrowAsync<MqttConnectException>(_gateway.Connect(certificate, clientId, will: will));
        await Eventually.Is(async () =>
        {
            var steps = await _gateway.Get<IFlowSteps>().Find([certificate.Id], default);
            return steps.Any(step => step.ReasonCode == code && step.Step == "connect refused");
        }, $"a recorded refusal with {code}");
    }
}
