using FleetPlatform.Contracts.ThingRegistry;
using FleetPlatform.Mqtt;
using FleetPlatform.MqttGateway.Identity;
using FleetPlatform.MqttGateway.Rotation;
using FleetPlatform.MqttGateway.Sessions;
using FleetPlatform.MqttGateway.Tests.Kit;
using FleetPlatform.Pki;
using FleetPlatform.Policy;
using FleetPlatform.ServiceDefaults;
using static FleetPlatform.MqttGateway.Tests.Kit.Neighbours;

namespace FleetPlatform.MqttGateway.Tests.Rotation;

/// <summary>A certificate that has expired renews where a policy says so, and does nothing else whatever its policies allow (peers 3.2 cases 10, 21 and 22).</summary>
public sealed class RenewOnlyTests(GatewayFixture fixture) : IClassFixture<GatewayFixture>
{
    const string CreateFromCsr = "$aws/certificates/create-from-csr/json";
    const string Register = "$aws/provisioning-templates/fleet-rotation/provision/json";
    readonly GatewayUnderTest _gateway = fixture.Gateway;

    // Every action on everything is allowed: only the bounds are in the way.
    TestCertificate Expired(string? thing, TimeSpan? grace, CertificateStatus status = CertificateStatus.Active)
    {
        var certificate = TestAuthority.Client(from: TimeSpan.FromDays(-9), until: TimeSpan.FromDays(-2));
        _gateway.Neighbours.Grant(AGrant(certificate.Id, Allow("iot:*", "*")) with
        {
            Status = status,
            Things = thing is null ? [] : [new() { ThingName = thing, Attributes = new Dictionary<string, string>() }],
        });
        if (grace is { } left)
            _gateway.Neighbours.Graces[certificate.Id] = new() { Until = TimeProvider.System.GetUtcNow() + left, Scope = "default" };
        return certificate;
    }

    [Fact]
    public async Task It_asks_for_a_certificate_and_registers_it()
    {
        var certificate = Expired("SN-grace", TimeSpan.FromDays(1));
        await using var connection = await _gateway.Connect(certificate, "SN-grace");
        foreach (var topic in (string[])[$"{CreateFromCsr}/accepted", $"{Register}/+", "devices/SN-grace/certs/rotate"])
            (await connection.Subscribe(topic, QoS.AtLeastOnce)).IsFailure().ShouldBeFalse(topic);
        using var key = KeyPair.CreateEcdsaP256();

        await connection.Publish(CreateFromCsr, Bodies.Body("json", null, key.CreateSigningRequest("SN-grace")), QoS.AtLeastOnce);
        (await Next(connection)).Topic.ShouldBe($"{CreateFromCsr}/accepted");
        await connection.Publish(Register, Bodies.Body("json", "a token"), QoS.AtLeastOnce);
        (await Next(connection)).Topic.ShouldBe($"{Register}/accepted");
        (await connection.Publish("devices/SN-grace/certs/rotate/report", Waiting.Utf8("""{"status":"connected"}"""), QoS.AtLeastOnce)).IsFailure().ShouldBeFalse();

        var asked = _gateway.Neighbours.Authority.Asked.First(item => item.Flow.PrincipalId == certificate.Id);
        await Eventually.Holds(async () => (await _gateway.Recorded($"session-{asked.Flow.SessionId}")).OfType<AdmittedToRenew>().ShouldHaveSingleItem()
            .ShouldSatisfyAllConditions(fact => fact.ThingName.ShouldBe("SN-grace"), fact => fact.Scope.ShouldBe("default")));
    }

    [Theory]
    [InlineData("devices/SN-bound/data")]
    [InlineData("devices/SN-other/certs/rotate/report")]
    [InlineData("$aws/certificates/create/json")]
    [InlineData("$aws/provisioning-templates/sensor/provision/json")]
    public async Task Nothing_else_is_published(string topic)
    {
        await using var connection = await _gateway.Connect(Expired("SN-bound", TimeSpan.FromDays(1)), $"bound-{topic.Length}");
        try
        {
            (await connection.Publish(topic, Waiting.Utf8("{}"), QoS.AtLeastOnce)).ShouldBe(ReasonCode.NotAuthorized);
        }
        catch (IOException)
        {
            // Under '$' the connection may end instead.
        }
    }

    [Theory]
    [InlineData("devices/SN-bound/data")]
    [InlineData("devices/+/certs/rotate")]
    [InlineData("#")]
    [InlineData("$aws/certificates/create/json/accepted")]
    [InlineData("$aws/certificates/+/json/accepted")]
    [InlineData("$aws/events/certificates/registered/any")]
    public async Task Nothing_else_is_subscribed_to(string filter)
    {
        await using var connection = await _gateway.Connect(Expired("SN-bound", TimeSpan.FromDays(1)), $"bound-s-{filter.Length}");
        (await connection.Subscribe(filter, QoS.AtLeastOnce)).ShouldBe(ReasonCode.NotAuthorized);
    }

    [Fact]
    public async Task It_leaves_no_will_and_ends_nobodys_connection()
    {
        var will = new Will { Topic = "devices/SN-will/data", Payload = Waiting.Utf8("gone") };
        (await Should.ThrowAsync<MqttConnectException>(_gateway.Connect(Expired("SN-will", TimeSpan.FromDays(1)), "SN-will", will: will))).Reason.ShouldBe(ReasonCode.NotAuthorized);

        var current = TestAuthority.Client();
        _gateway.Neighbours.Grant(AGrant(current.Id, Allow("iot:*", "*")) with { Things = [new() { ThingName = "SN-will", Attributes = new Dictionary<string, string>() }] });
        await using var live = await _gateway.Connect(current, "SN-will");
        await Should.ThrowAsync<MqttConnectException>(_gateway.Connect(Expired("SN-will", TimeSpan.FromDays(1)), "SN-will"));
        (await live.Publish("still/here", Waiting.Utf8("1"), QoS.AtLeastOnce)).IsFailure().ShouldBeFalse();
    }

    [Fact]
    public async Task It_is_refused_without_a_grace_after_it_revoked_or_without_a_thing()
    {
        await IsRefused(Expired("SN-none", grace: null), "certificate-expired");
        await IsRefused(Expired("SN-late", TimeSpan.FromSeconds(-1)), "certificate-expired");
        await IsRefused(Expired("SN-revoked", TimeSpan.FromDays(1), CertificateStatus.Revoked), "certificate-not-active");
        await IsRefused(Expired(thing: null, TimeSpan.FromDays(1)), "certificate-expired");

        var held = Expired("SN-held", TimeSpan.FromDays(1)); // and by what the revocation service says, before the registry does
        _gateway.Get<TrustChanges>().Apply([_gateway.Neighbours.Revoked(held.Id)], kept: false);
        await IsRefused(held, "certificate-not-active");
    }

    [Fact]
    public void Its_connection_ends_with_its_bounds()
    {
        var bounds = new RenewOnly("SN-1", DateTimeOffset.UnixEpoch, DateTimeOffset.UnixEpoch.AddMinutes(5), "default");
        bounds.Permits(PolicyAction.RetainPublish, CreateFromCsr).ShouldBeFalse();
        bounds.Permits(PolicyAction.Publish, $"{CreateFromCsr}/accepted").ShouldBeFalse("an answer is the platform's to publish");
        bounds.Permits(PolicyAction.Receive, "devices/SN-1/certs/rotate").ShouldBeTrue();
        bounds.Permits(PolicyAction.Receive, "devices/SN-1/data").ShouldBeFalse("what was queued for it waits for its next certificate");
    }

    async Task IsRefused(TestCertificate certificate, string reason)
    {
        (await Should.ThrowAsync<MqttConnectException>(_gateway.Connect(certificate, "refused"))).Reason.ShouldBe(ReasonCode.NotAuthorized);
        await Eventually.Holds(async () => (await _gateway.Get<IFlowSteps>().Find([certificate.Id], default)).ShouldHaveSingleItem().ReasonCode.ShouldBe(reason));
    }

    static async Task<Publish> Next(MqttClientConnection connection)
    {
        using var deadline = new CancellationTokenSource(Eventually.Patience);
        return await connection.Incoming.ReadAsync(deadline.Token);
    }
}
