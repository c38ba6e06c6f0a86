using FleetPlatform.Contracts.ThingRegistry;
using FleetPlatform.MqttGateway.Identity;
using FleetPlatform.MqttGateway.Tests.Kit;
using FleetPlatform.Policy;
using FleetPlatform.ServiceDefaults;
using Microsoft.Extensions.Logging.Abstractions;
using static FleetPlatform.MqttGateway.Tests.Kit.Neighbours;

namespace FleetPlatform.MqttGateway.Tests.Identity;

public sealed class PrincipalsTests : IDisposable
{
    static readonly string Id = new('c', 64);
    static readonly CancellationToken None = CancellationToken.None;
    readonly Neighbours _neighbours = new();
    readonly ManualClock _clock = new();
    readonly FleetService _service = new("mqtt-gateway");
    readonly UntrustedCertificates _untrusted = new();
    readonly Principals _principals;

    public PrincipalsTests() => _principals = new(
        _neighbours.Registry, _untrusted, new PolicyCache(NullLogger<PolicyCache>.Instance), new GatewayOptions { RememberedPrincipals = 3 }, _clock, new GatewayMetrics(_service));

    public void Dispose() => _service.Dispose();

    int Asked => _neighbours.Registry.Asked.Count;

    [Fact]
    public async Task A_certificate_is_asked_for_once()
    {
        _neighbours.Grant(AGrant(Id));
        var first = await _principals.Find(Id, None);
        (await _principals.Find(Id, None)).ShouldBeSameAs(first);
        Asked.ShouldBe(1);
    }

    [Fact]
    public async Task Many_who_ask_at_once_ask_once()
    {
        var answer = new TaskCompletionSource<FindPrincipalAnswer>();
        _neighbours.Registry.Instead = _ => answer.Task;
        var asking = Enumerable.Range(0, 50).Select(_ => _principals.Find(Id, None).AsTask()).ToList();
        answer.SetResult(new() { Grant = AGrant(Id) });

        (await Task.WhenAll(asking)).ShouldAllBe(principal => principal != null);
        Asked.ShouldBe(1);
    }

    [Fact]
    public async Task An_unknown_certificate_is_remembered_for_a_moment_only()
    {
        (await _principals.Find(Id, None)).ShouldBeNull();
        (await _principals.Find(Id, None)).ShouldBeNull();
        Asked.ShouldBe(1);

        _neighbours.Grant(AGrant(Id));
        _clock.Advance(TimeSpan.FromSeconds(6));
        (await _principals.Find(Id, None)).ShouldNotBeNull();
    }

    [Fact] // the registry is silent when a pending certificate becomes active: another gateway may have provisioned it
    public async Task A_pending_certificate_is_remembered_for_a_moment_only()
    {
        _neighbours.Grant(AGrant(Id) with { Status = CertificateStatus.PendingActivation });
        (await _principals.Find(Id, None))!.Grant.Status.ShouldBe(CertificateStatus.PendingActivation);

        _neighbours.Grant(AGrant(Id) with { Version = 2 });
        (await _principals.Find(Id, None))!.Grant.Status.ShouldBe(CertificateStatus.PendingActivation);
        _clock.Advance(TimeSpan.FromSeconds(6));
        (await _principals.Find(Id, None))!.Grant.Status.ShouldBe(CertificateStatus.Active);
    }

    [Fact]
    public async Task A_grant_that_came_with_an_answer_needs_no_question()
    {
        (await _principals.Find(Id, None)).ShouldBeNull();
        _principals.Learn(AGrant(Id), FirstConnection.Expected, _principals.Changes);

        (await _principals.Find(Id, None))!.FirstConnection.ShouldBe(FirstConnection.Expected);
        _principals.FirstConnectionSeen(Id);
        (await _principals.Find(Id, None))!.FirstConnection.ShouldBe(FirstConnection.Known);
        Asked.ShouldBe(1);
    }

    [Fact]
    public async Task An_older_grant_changes_nothing()
    {
        _principals.Learn(AGrant(Id) with { Version = 5 }, FirstConnection.Known, _principals.Changes);
        _principals.Learn(AGrant(Id) with { Version = 4, Status = CertificateStatus.Inactive }, FirstConnection.Known, _principals.Changes);
        (await _principals.Find(Id, None))!.Grant.Version.ShouldBe(5);
    }

    [Fact]
    public async Task A_change_while_a_question_is_under_way_makes_it_ask_again()
    {
        var first = new TaskCompletionSource<FindPrincipalAnswer>();
        _neighbours.Registry.Instead = _ => Asked == 1 ? first.Task : Task.FromResult(new FindPrincipalAnswer { Grant = AGrant(Id) with { Version = 2, Status = CertificateStatus.Inactive } });
        var finding = _principals.Find(Id, None).AsTask();
        await Eventually.Is(() => Asked == 1);
        _principals.Forget(Id);
        first.SetResult(new() { Grant = AGrant(Id) });

        (await finding)!.Grant.Status.ShouldBe(CertificateStatus.Inactive);
        Asked.ShouldBe(2);
    }

    [Fact]
    public async Task A_revocation_stays_whatever_the_registry_says()
    {
        _neighbours.Grant(AGrant(Id));
        await _principals.Find(Id, None);
        _untrusted.Learn(_neighbours.Revoked(Id));
        _principals.Forget(Id);
        _principals.Learn(AGrant(Id) with { Version = 99 }, FirstConnection.Known, _principals.Changes);

        (await _principals.Find(Id, None))!.FindFault(_clock.GetUtcNow())!.Code.ShouldBe("certificate-not-active");
    }

    [Fact] // an answer is on its way for a while: what has changed meanwhile is not in it
    public async Task A_grant_that_a_change_has_overtaken_is_not_remembered()
    {
        _neighbours.Grant(AGrant(Id) with { Version = 2, Status = CertificateStatus.Inactive });
        var askedAt = _principals.Changes;
        _principals.Forget(Id);
        _principals.Learn(AGrant(Id), FirstConnection.Expected, askedAt);
        (await _principals.Find(Id, None))!.Grant.Status.ShouldBe(CertificateStatus.Inactive);

        var other = AGrant(new('d', 64)) with { Policies = [APolicy("p", Allow("iot:Publish", "topic/a"))] };
        askedAt = _principals.Changes;
        _principals.ChangePolicy(new() { PolicyName = "p", VersionId = "2", Document = "{}" });
        _principals.Learn(other, FirstConnection.Expected, askedAt);
        _principals.LearnAny(other, FirstConnection.Expected, askedAt).CertificateId.ShouldBe(other.CertificateId);
        _principals.Count.ShouldBe(0);

        askedAt = _principals.Changes;
        _principals.Forget(new('e', 64)); // concerns another one
        _principals.Learn(other, FirstConnection.Expected, askedAt);
        _principals.Count.ShouldBe(1);
    }

    [Fact]
    public async Task A_policy_change_reaches_every_grant_that_names_it()
    {
        var other = new string('d', 64);
        _principals.Learn(AGrant(Id) with { Policies = [APolicy("p", Allow("iot:Publish", "topic/a"))] }, FirstConnection.Known, _principals.Changes);
        _principals.Learn(AGrant(other) with { Policies = [APolicy("q", Allow("iot:Publish", "topic/a"))] }, FirstConnection.Known, _principals.Changes);

        _principals.ChangePolicy(new() { PolicyName = "p", VersionId = "2", Document = APolicy("p", Allow("iot:Publish", "topic/b")).Document });

        var context = new PolicyContext { Region = "us-east-1", AccountId = "123456789012", ClientId = "c" };
        var policies = (await _principals.Find(Id, None))!.Policies;
        policies.Evaluate(PolicyAction.Publish, "a", context).ShouldBe(PolicyDecision.ImplicitDeny);
        policies.Evaluate(PolicyAction.Publish, "b", context).ShouldBe(PolicyDecision.Allowed);
    }

    [Fact]
    public async Task A_document_that_does_not_compile_denies_everything()
    {
        _neighbours.Grant(AGrant(Id) with { Policies = [APolicy("good", Allow("*", "*")), new() { PolicyName = "bad", VersionId = "1", Document = "{" }] });
        var context = new PolicyContext { Region = "us-east-1", AccountId = "123456789012", ClientId = "c" };
        (await _principals.Find(Id, None))!.Policies.Evaluate(PolicyAction.Connect, "c", context).ShouldBe(PolicyDecision.ExplicitDeny);
    }

    [Fact]
    public async Task Failure_is_not_remembered()
    {
        _neighbours.Registry.Instead = _ => throw new RequestUnavailableException("away");
        await Should.ThrowAsync<RequestUnavailableException>(async () => await _principals.Find(Id, None));
        _neighbours.Registry.Instead = null;
        _neighbours.Grant(AGrant(Id));
        (await _principals.Find(Id, None)).ShouldNotBeNull();
    }

    [Fact]
    public async Task Memory_is_bounded()
    {
        for (var i = 0; i < 10; i++) _principals.Learn(AGrant($"{i}".PadLeft(64, 'e')), FirstConnection.Known, _principals.Changes);
        _principals.Count.ShouldBe(3);
        for (var i = 0; i < 10; i++) await _principals.Find($"{i}".PadLeft(64, 'f'), None);
        _principals.Count.ShouldBe(3);
    }

    [Fact]
    public void The_thing_of_a_connection_is_the_exclusive_one_or_the_one_named_as_the_client()
    {
        Principal With(params ThingGrant[] things) => new() { Grant = AGrant(Id) with { Things = things }, Policies = CompiledPolicySet.Empty };
        ThingGrant Thing(string name, bool exclusive = false) => new() { ThingName = name, Exclusive = exclusive, Attributes = new Dictionary<string, string>() };

        With().ThingOf("a").ShouldBeNull();
        With(Thing("a"), Thing("b")).ThingOf("b")!.ThingName.ShouldBe("b");
        With(Thing("a")).ThingOf("A").ShouldBeNull();
        With(Thing("a", exclusive: true)).ThingOf("anything")!.ThingName.ShouldBe("a");
    }

    [Fact]
    public void A_temporary_claim_ends()
    {
        var principal = new Principal { Grant = AGrant(Id) with { ExpiresAt = _clock.GetUtcNow().AddMinutes(5) }, Policies = CompiledPolicySet.Empty };
        principal.FindFault(_clock.GetUtcNow()).ShouldBeNull();
        _clock.Advance(TimeSpan.FromMinutes(5));
        principal.FindFault(_clock.GetUtcNow())!.Code.ShouldBe("certificate-expired");
    }
}
