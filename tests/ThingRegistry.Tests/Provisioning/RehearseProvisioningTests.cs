namespace FleetPlatform.ThingRegistry.Provisioning;

public sealed class RehearseProvisioningTests(RegistryFixture fixture) : IClassFixture<RegistryFixture>
{
    static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    [Fact]
    public async Task A_rehearsal_tells_what_would_be_stored_and_stores_nothing()
    {
        var (policy, grouped, group, thing, id) = (A.Name("p"), A.Name("g"), A.Name("group"), A.Name("SN"), A.CertificateId());
        await fixture.CreatePolicy(policy);
        await fixture.CreatePolicy(grouped);
        await Groups.CreateThingGroup.Handle(new() { ThingGroupName = group, RequestedBy = "test" }, fixture.Registry, new(), Cancellation);
        await Policies.AttachPolicy.Handle(new() { PolicyName = grouped, Target = new() { ThingGroupName = group }, RequestedBy = "test" }, fixture.Registry, Cancellation);
        var item = A.Provisioning(id, thing, policy) with { Thing = new() { ThingName = thing, ThingGroups = [group] } };

        var rehearsed = await Rehearse(item);

        rehearsed.Refused.ShouldBeNull();
        rehearsed.Changes[0].ShouldContain($"thing {thing} is created");
        rehearsed.Changes.ShouldContain("the certificate becomes ACTIVE");
        rehearsed.Grant!.Policies.Select(grant => grant.PolicyName).ShouldBe([policy, grouped]);
        (await fixture.Recorded(Registry.ThingStream(thing))).ShouldBeEmpty();
        (await fixture.Recorded(Registry.PrincipalStream(id))).ShouldBeEmpty();

        var real = await fixture.Apply(item);
        real.Grant!.Policies.Select(grant => grant.PolicyName).ShouldBe([policy, grouped]);
    }

    [Fact]
    public async Task A_rehearsal_refuses_as_the_registry_would() =>
        (await Rehearse(A.Provisioning(A.CertificateId(), A.Name("SN"), A.Name("none")))).Refused!.Code.ShouldBe("resource-missing");

    Task<ProvisioningRehearsed> Rehearse(Contracts.ThingRegistry.ApplyProvisioning item) =>
        RehearseProvisioning.Handle(new() { Item = item }, fixture.Registry, fixture.Reads, Cancellation);
}
