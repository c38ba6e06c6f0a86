using FleetPlatform.Contracts.Revocation;
using FleetPlatform.Contracts.ThingRegistry;
using FleetPlatform.Mqtt;
using FleetPlatform.MqttGateway.Identity;
using FleetPlatform.MqttGateway.Sessions;
using FleetPlatform.MqttGateway.Tests.Kit;
using FleetPlatform.ServiceDefaults;
using MassTransit;
using static FleetPlatform.MqttGateway.Tests.Kit.Neighbours;

namespace FleetPlatform.MqttGateway.Tests.Sessions;

public sealed class LosingRightsTests(GatewayFixture fixture) : IClassFixture<GatewayFixture>
{
    readonly GatewayUnderTest _gateway = fixture.Gateway;
    static readonly string Everything = Allow("*", "*");

    [Fact] // peers 3.2 cases 20 and 21
    public async Task A_revoked_certificate_is_cut_off_at_once_without_its_will_and_its_session()
    {
        var certificate = _gateway.Registered(Everything);
        await using var witness = await _gateway.Connect(_gateway.Registered(Everything), "witness");
        await witness.Subscribe("last/words", QoS.AtLeastOnce);
        var device = await _gateway.Connect(certificate, "revoked-1", cleanStart: false, will: new() { Topic = "last/words", Payload = Waiting.Utf8("will") });
        await device.Subscribe("orders", QoS.AtLeastOnce);

        Get<TrustChanges>().Apply([_gateway.Neighbours.Revoked(certificate.Id)]).ShouldBe([1]);

        (await device.IsClosed())!.Reason.ShouldBe(ReasonCode.AdministrativeAction);
        await witness.HeardNothing();
        await Should.ThrowAsync<MqttConnectException>(_gateway.Connect(certificate, "revoked-1", cleanStart: false));
        await Eventually.Is(async () => (await _gateway.Get<IFlowSteps>().Find([certificate.Id], default))
            .Any(step => step is { Step: "connection closed by the platform", ReasonCode: "certificate-not-active" }));
    }

    [Fact]
    public async Task A_deactivated_certificate_is_cut_off_and_comes_back_when_it_is_active_again()
    {
        var certificate = _gateway.Registered(Everything);
        var device = await _gateway.Connect(certificate, "deactivated-1");
        _gateway.Neighbours.Grant(AGrant(certificate.Id, Everything) with { Status = CertificateStatus.Inactive, Version = 2 });
        await Changed(certificate.Id);
        (await device.IsClosed())!.Reason.ShouldBe(ReasonCode.AdministrativeAction);

        _gateway.Neighbours.Grant(AGrant(certificate.Id, Everything) with { Version = 3 });
        await Changed(certificate.Id);
        await using var again = await _gateway.Connect(certificate, "deactivated-1");
    }

    [Fact]
    public async Task A_change_of_policy_counts_for_connections_that_live()
    {
        var certificate = TestAuthority.Client();
        var name = "changing-" + certificate.Id[..8];
        _gateway.Neighbours.Grant(AGrant(certificate.Id) with { Policies = [APolicy(name, Allow("iot:Connect", "*"), Allow("iot:Publish", "topic/a"))] });
        await using var device = await _gateway.Connect(certificate, "changing-1");
        (await device.Publish("a", Waiting.Utf8("x"), QoS.AtLeastOnce)).ShouldBe(ReasonCode.Success);

        await Get<PolicyChangedConsumer>().Handle(new()
        {
            PolicyName = name,
            VersionId = "2",
            Document = APolicy(name, Allow("iot:Connect", "*"), Allow("iot:Publish", "topic/b")).Document,
        }, default);

        (await device.Publish("a", Waiting.Utf8("x"), QoS.AtLeastOnce)).ShouldBe(ReasonCode.NotAuthorized);
        (await device.Publish("b", Waiting.Utf8("x"), QoS.AtLeastOnce)).ShouldBe(ReasonCode.Success);
    }

    [Fact]
    public async Task A_change_of_policy_counts_for_connections_whose_certificate_is_not_remembered_any_more()
    {
        await using var gateway = await GatewayUnderTest.Start(("MqttGateway:RememberedPrincipals", "1"));
        var certificate = TestAuthority.Client();
        gateway.Neighbours.Grant(AGrant(certificate.Id) with { Policies = [APolicy("p", Allow("iot:Connect", "*"), Allow("iot:Publish", "topic/a"))] });
        await using var device = await gateway.Connect(certificate, "crowded-1");
        await using var other = await gateway.Connect(gateway.Registered(Everything), "crowded-2");

        var changed = APolicy("p", Allow("iot:Connect", "*"), Allow("iot:Publish", "topic/b"));
        gateway.Neighbours.Grant(AGrant(certificate.Id) with { Policies = [changed] });
        await gateway.Get<PolicyChangedConsumer>().Handle(new() { PolicyName = "p", VersionId = "2", Document = changed.Document }, default);

        (await device.Publish("a", Waiting.Utf8("x"), QoS.AtLeastOnce)).ShouldBe(ReasonCode.NotAuthorized);
        (await device.Publish("b", Waiting.Utf8("x"), QoS.AtLeastOnce)).ShouldBe(ReasonCode.Success);
    }

    [Fact]
    public async Task A_policy_that_no_longer_lets_it_connect_ends_the_connection()
    {
        var certificate = _gateway.Registered(Everything);
        var device = await _gateway.Connect(certificate, "leaving-1");
        _gateway.Neighbours.Grant(AGrant(certificate.Id, Allow("iot:Publish", "*")) with { Version = 2 });
        await Changed(certificate.Id);
        (await device.IsClosed())!.Reason.ShouldBe(ReasonCode.AdministrativeAction);
    }

    [Fact]
    public async Task A_registry_that_is_away_cuts_nobody_off_and_is_asked_again()
    {
        await using var gateway = await GatewayUnderTest.Start();
        var certificate = gateway.Registered(Everything);
        await using var device = await gateway.Connect(certificate, "patient-1");
        gateway.Neighbours.Registry.Instead = _ => throw new RequestUnavailableException("away");
        gateway.Neighbours.Grant(AGrant(certificate.Id, Everything) with { Status = CertificateStatus.Inactive, Version = 2 });
        await gateway.Get<PrincipalsChangedConsumer>().Handle(new() { CertificateIds = [certificate.Id] }, default);
        (await device.Publish("a", Waiting.Utf8("x"), QoS.AtLeastOnce)).ShouldBe(ReasonCode.Success);

        gateway.Neighbours.Registry.Instead = null;
        (await device.IsClosed())!.Reason.ShouldBe(ReasonCode.AdministrativeAction);
    }

    [Fact]
    public async Task After_the_bus_was_away_everyone_is_looked_up_again()
    {
        await using var gateway = await GatewayUnderTest.Start();
        var (kept, lost) = (gateway.Registered(Everything), gateway.Registered(Everything));
        await using var stays = await gateway.Connect(kept, "stays");
        await using var goes = await gateway.Connect(lost, "goes");
        gateway.Neighbours.Forget(lost.Id); // and nobody told us

        var recheck = gateway.Get<RecheckCertificates>();
        await recheck.Ready(new Endpoint("queue-a"));
        await recheck.Ready(new Endpoint("queue-b"));
        goes.Closed.IsCompleted.ShouldBeFalse();
        await recheck.Ready(new Endpoint("queue-a")); // a second time: it was away

        (await goes.IsClosed())!.Reason.ShouldBe(ReasonCode.AdministrativeAction);
        (await stays.Publish("a", Waiting.Utf8("x"), QoS.AtLeastOnce)).ShouldBe(ReasonCode.Success);
    }

    [Fact]
    public async Task A_temporary_claim_is_ended_when_its_time_is_up()
    {
        await using var gateway = await GatewayUnderTest.Start(("MqttGateway:ExpirySweep", "00:00:00.05"));
        var certificate = TestAuthority.Client();
        gateway.Neighbours.Grant(AGrant(certificate.Id, Everything) with { ExpiresAt = DateTimeOffset.UtcNow.AddSeconds(6) });
        var device = await gateway.Connect(certificate, "temporary-1");
        (await device.IsClosed())!.Reason.ShouldBe(ReasonCode.AdministrativeAction);
    }

    [Fact]
    public async Task A_change_between_the_look_up_and_the_connection_is_not_missed()
    {
        await using var gateway = await GatewayUnderTest.Start();
        var certificate = gateway.Registered(Everything);
        var principals = gateway.Get<Principals>();
        gateway.Neighbours.Registry.Instead = item =>
        {
            // The answer is on its way, and the change overtakes it on another queue.
            var answer = new FindPrincipalAnswer { Grant = AGrant(item.CertificateId, Everything) };
            if (gateway.Neighbours.Registry.Asked.Count == 1) principals.Forget(item.CertificateId);
            return Task.FromResult(gateway.Neighbours.Registry.Asked.Count == 1
                ? answer
                : new() { Grant = answer.Grant with { Status = CertificateStatus.Inactive, Version = 2 } });
        };
        await Should.ThrowAsync<MqttConnectException>(gateway.Connect(certificate, "racing-1"));
        gateway.Neighbours.Registry.Asked.Count.ShouldBe(2);
    }

    sealed class Endpoint(string queue) : ReceiveEndpointReady
    {
        public Uri InputAddress { get; } = new($"rabbitmq://bus/{queue}");
        public IReceiveEndpoint ReceiveEndpoint => null!;
        public bool IsStarted => true;
    }

    Task Changed(string certificateId) => Get<PrincipalsChangedConsumer>().Handle(new() { CertificateIds = [certificateId] }, default);

    // Consumers are the bus's to make; here there is none.
    T Get<T>() where T : class => _gateway.Get<T>();
}
