using System.Net;
using FleetPlatform.Contracts.Revocation;
using FleetPlatform.Mqtt;
using FleetPlatform.MqttGateway.Identity;
using FleetPlatform.MqttGateway.Tests.Kit;
using MassTransit;
using static FleetPlatform.MqttGateway.Tests.Kit.Neighbours;

namespace FleetPlatform.MqttGateway.Tests.Identity;

/// <summary>Peers 3.2 case 20: what was revoked while a gateway could not hear of it holds before anybody is let in.</summary>
public sealed class CatchUpTests
{
    static readonly string Everything = Allow("*", "*");

    [Fact]
    public async Task What_was_revoked_while_the_bus_was_away_is_known_before_anyone_connects()
    {
        await using var gateway = await GatewayUnderTest.Start();
        var (revoked, other) = (gateway.Registered(Everything), gateway.Registered(Everything));
        await using var session = await gateway.Connect(revoked, "cut-off-1");
        var catchUp = gateway.Get<CatchUp>();
        gateway.Neighbours.RevocationIsAway = true;

        catchUp.LoseSight();
        gateway.Neighbours.Revoked(revoked.Id);
        (await Should.ThrowAsync<MqttConnectException>(gateway.Connect(other, "cut-off-2"))).Reason.ShouldBe(ReasonCode.ServerUnavailable);
        session.Closed.IsCompleted.ShouldBeFalse("an outage of ours cuts nobody off");
        gateway.Neighbours.RevocationIsAway = false;
        catchUp.SeeAgain();

        (await session.IsClosed())!.Reason.ShouldBe(ReasonCode.AdministrativeAction);
        await Eventually.Is(() => Task.FromResult(gateway.Get<UntrustedCertificates>().IsCurrent));
        await using var welcome = await gateway.Connect(other, "cut-off-2");
        (await Should.ThrowAsync<MqttConnectException>(gateway.Connect(revoked, "cut-off-1"))).Reason.ShouldBe(ReasonCode.NotAuthorized);
    }

    [Fact]
    public async Task An_answer_that_cannot_be_read_ends_nothing_and_lets_nobody_in()
    {
        await using var gateway = await GatewayUnderTest.StartWith(neighbours => neighbours.RevocationIsGarbled = true);
        var certificate = gateway.Registered(Everything);
        (await Should.ThrowAsync<MqttConnectException>(gateway.Connect(certificate, "unread-1"))).Reason.ShouldBe(ReasonCode.ServerUnavailable);

        gateway.Neighbours.RevocationIsGarbled = false;

        await Eventually.Is(() => gateway.Get<UntrustedCertificates>().IsCurrent);
        await using var session = await gateway.Connect(certificate, "unread-1");
    }

    [Fact]
    public async Task Nobody_is_let_in_from_the_moment_the_queue_of_revocations_is_lost_but_for_the_gateways_own_stop()
    {
        await using var gateway = await GatewayUnderTest.Start();
        var (catchUp, untrusted) = (gateway.Get<CatchUp>(), gateway.Get<UntrustedCertificates>());
        await Eventually.Is(() => Task.FromResult(untrusted.IsCurrent));

        await catchUp.Completed(new Ended("principals-changed-1"));
        untrusted.IsCurrent.ShouldBeTrue("another queue");

        gateway.Neighbours.RevocationIsAway = true;
        await catchUp.Completed(new Ended("trust-changed-1"));
        untrusted.IsCurrent.ShouldBeFalse();

        await using var other = await GatewayUnderTest.Start();
        await Eventually.Is(() => Task.FromResult(other.Get<UntrustedCertificates>().IsCurrent));
        await other.Get<CatchUp>().Stopping(new Ended("trust-changed-1"));
        await other.Get<CatchUp>().Completed(new Ended("trust-changed-1"));
        other.Get<UntrustedCertificates>().IsCurrent.ShouldBeTrue();
    }

    sealed class Ended(string queue) : ReceiveEndpointCompleted, ReceiveEndpointStopping
    {
        public Uri InputAddress { get; } = new($"rabbitmq://bus/{queue}");
        public IReceiveEndpoint ReceiveEndpoint => null!;
        public long DeliveryCount => 0;
        public long ConcurrentDeliveryCount => 0;
        public bool Removed => false;
    }

    [Fact]
    public async Task A_hold_is_lifted_and_old_news_changes_nothing()
    {
        await using var gateway = await GatewayUnderTest.Start();
        var certificate = gateway.Registered(Everything);
        await using var session = await gateway.Connect(certificate, "held-1");
        var changes = gateway.Get<TrustChanges>();

        var hold = gateway.Neighbours.Revoked(certificate.Id, RevocationReason.CertificateHold);
        changes.Apply([hold]).ShouldBe([1]);
        (await session.IsClosed())!.Reason.ShouldBe(ReasonCode.AdministrativeAction);
        await Should.ThrowAsync<MqttConnectException>(gateway.Connect(certificate, "held-1"));

        changes.Apply([gateway.Neighbours.Revoked(certificate.Id, reason: null)]);
        changes.Apply([hold]);
        await using var again = await gateway.Connect(certificate, "held-1");
    }

    [Fact]
    public async Task What_is_kept_holds_after_a_restart_while_the_revocation_service_is_away()
    {
        var revoked = TestAuthority.Client();
        await using var gateway = await GatewayUnderTest.Start();
        gateway.Get<TrustChanges>().Apply([gateway.Neighbours.Revoked(revoked.Id)]);
        var table = gateway.Get<UntrustedTable>();
        var kept = new List<CertificateTrustChange>();

        await Eventually.Is(async () =>
        {
            kept.Clear();
            (await table.Load(kept.Add, CancellationToken.None)).ShouldNotBeNull();
            return kept.Count > 0;
        });

        var afterRestart = new UntrustedCertificates();
        kept.ForEach(change => afterRestart.Learn(change));
        afterRestart.Find(revoked.Id).ShouldBe(RevocationReason.KeyCompromise);
    }

    [Fact]
    public async Task Without_the_revocation_service_a_gateway_that_kept_its_answer_admits_and_one_that_never_had_one_does_not()
    {
        await using var gateway = await GatewayUnderTest.Start(("MqttGateway:CatchUpPatience", "00:00:00.5"), ("MqttGateway:CatchUpPeriod", "00:00:00.2"));
        await Eventually.Is(() => Task.FromResult(gateway.Get<UntrustedCertificates>().IsCurrent));
        gateway.Neighbours.RevocationIsAway = true;
        gateway.Get<CatchUp>().LoseSight();
        gateway.Get<CatchUp>().SeeAgain();

        await Eventually.Is(() => Task.FromResult(gateway.Get<CatchUp>().IsStale));
        (await Health(gateway)).ShouldBe(HttpStatusCode.OK, "degraded, and ready");
        await using var session = await gateway.Connect(gateway.Registered(Everything), "stale-1");

        await using var stranger = await GatewayUnderTest.StartWith(neighbours => neighbours.RevocationIsAway = true, ("MqttGateway:CatchUpPatience", "00:00:00.1"));
        (await Should.ThrowAsync<MqttConnectException>(stranger.Connect(stranger.Registered(Everything), "stranger-1"))).Reason.ShouldBe(ReasonCode.ServerUnavailable);
        (await Health(stranger)).ShouldBe(HttpStatusCode.ServiceUnavailable, "who lets nobody in is not ready");
    }

    static async Task<HttpStatusCode> Health(GatewayUnderTest gateway)
    {
        using var http = new HttpClient();
        return (await http.GetAsync(new Uri($"http://127.0.0.1:{gateway.HttpPort}/health"))).StatusCode;
    }
}
