using System.Text.Json;
using FleetPlatform.ThingRegistry.Principals;

namespace FleetPlatform.ThingRegistry.Provisioning;

public sealed class RenewalTests(RegistryFixture fixture) : IClassFixture<RegistryFixture>
{
    static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    static Contracts.ThingRegistry.ApplyProvisioning Renewing(string oldCertificate, string thing, string? newCertificate = null) => A.Provisioning(newCertificate ?? A.CertificateId(), thing) with
    {
        Flow = new() { FlowId = Guid.CreateVersion7().ToString("N"), SessionId = new('5', 32), PrincipalId = oldCertificate, ClientId = thing, Things = [thing] },
        TemplateName = "fleet-rotation",
        Renewal = true,
    };

    async Task<(string Certificate, string Thing, string Policy)> Device()
    {
        var (id, thing, policy) = (A.CertificateId(), A.Name("SN"), A.Name("p"));
        await fixture.CreatePolicy(policy);
        (await fixture.Apply(A.Provisioning(id, thing, policy))).Refused.ShouldBeNull();
        return (id, thing, policy);
    }

    [Fact]
    public async Task The_new_certificate_gets_the_same_thing_and_policies_and_both_work()
    {
        var (old, thing, policy) = await Device();
        var renewal = Renewing(old, thing);

        var answer = await fixture.Apply(renewal);

        answer.Grant!.ShouldSatisfyAllConditions(
            grant => grant.Things.ShouldHaveSingleItem().ThingName.ShouldBe(thing),
            grant => grant.Policies.ShouldHaveSingleItem().PolicyName.ShouldBe(policy),
            grant => grant.Status.ShouldBe(CertificateStatus.Active),
            grant => grant.WatchUntil.ShouldBe(fixture.Registry.Now + Renewal.Watch));
        (await fixture.FindGrant(old))!.ShouldSatisfyAllConditions(grant => grant.Status.ShouldBe(CertificateStatus.Active), grant => grant.WatchUntil.ShouldNotBeNull());
        (await fixture.Recorded(Registry.PrincipalStream(old)))[^1].ShouldBe("principal.renewed.v1");
        (await fixture.Apply(renewal)).Grant!.CertificateId.ShouldBe(renewal.CertificateId); // asked again
    }

    /// <summary>Peers 3.2 case 10: renew with another valid certificate.</summary>
    [Fact]
    public async Task Another_devices_certificate_does_not_reach_this_thing()
    {
        var (stranger, _, _) = await Device();
        var (_, thing, _) = await Device();

        (await fixture.Apply(Renewing(stranger, thing))).Refused!.Code.ShouldBe("renewal-refused");
        // Nor by an ordinary template that names it.
        var ordinary = A.Provisioning(A.CertificateId(), thing);
        (await fixture.Apply(ordinary with { Flow = ordinary.Flow with { PrincipalId = stranger, Things = ["its-own"] } })).Refused!.Code.ShouldBe("renewal-refused");
    }

    [Fact]
    public async Task A_claim_provisions_and_does_not_renew()
    {
        var (_, thing, _) = await Device();
        var claim = A.CertificateId();

        (await fixture.Apply(Renewing(claim, thing) with { Flow = A.Provisioning(claim).Flow with { PrincipalId = claim } })).Refused!.Code.ShouldBe("renewal-refused");
    }

    [Theory]
    [InlineData(CertificateStatus.Inactive)]
    [InlineData(CertificateStatus.Revoked)]
    public async Task A_certificate_that_is_not_active_any_more_renews_nothing(CertificateStatus status)
    {
        var (old, thing, _) = await Device();
        await Principals.ChangeCertificateStatus.Handle(new() { CertificateId = old, Status = status, RequestedBy = "test" }, fixture.Registry, Cancellation);

        (await fixture.Apply(Renewing(old, thing))).Refused!.Code.ShouldBe("renewal-refused");
    }

    [Fact]
    public async Task A_device_may_still_register_things_that_are_new()
    {
        var (hub, _, _) = await Device();
        var child = A.Provisioning(A.CertificateId(), A.Name("child"));

        (await fixture.Apply(child with { Flow = child.Flow with { PrincipalId = hub, Things = ["hub"] } })).Refused.ShouldBeNull();
    }

    [Fact]
    public async Task The_table_of_the_fleet_is_told_whose_successor_a_certificate_is()
    {
        var (old, thing, _) = await Device();
        var renewal = Renewing(old, thing);
        await fixture.Apply(renewal);

        var published = await Read(begun: []);

        published.Count.ShouldBe(2);
        published[1].ShouldSatisfyAllConditions(
            item => item.RenewalOf.ShouldBe(old),
            item => item.TemplateName.ShouldBe("birth"), // that of the first certificate in its line
            item => item.Things.ShouldHaveSingleItem().ThingName.ShouldBe(thing),
            item => item.Status.ShouldBe(CertificateStatus.Active));

        // What follows from the events at hand is what would be read.
        RecordedEvent[] events = [.. await Recorded(old), .. await Recorded(renewal.CertificateId)];
        (await Read(events)).ShouldBe(published, Alike);
        (await Read(events[1..])).ShouldBe(published, Alike); // the first stream's beginning is not among them

        async Task<IReadOnlyList<Registration>> Read(RecordedEvent[] begun) => await new PublishRegistrations(null!, fixture.Registry, new(), TimeProvider.System)
            .Read([old, renewal.CertificateId, A.CertificateId()], PublishRegistrations.FoldBegun(begun), Cancellation);

        Task<IReadOnlyList<RecordedEvent>> Recorded(string id) => fixture.Store.FetchStreamAsync(Registry.PrincipalStream(id), cancellation: Cancellation);
    }

    static IEqualityComparer<Registration> Alike { get; } =
        EqualityComparer<Registration>.Create((left, right) => JsonSerializer.Serialize(left! with { ReadAt = default }) == JsonSerializer.Serialize(right! with { ReadAt = default }));
}
