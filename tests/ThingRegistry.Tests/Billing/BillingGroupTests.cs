using FleetPlatform.ThingRegistry.Things;

namespace FleetPlatform.ThingRegistry.Billing;

public sealed class BillingGroupTests(RegistryFixture fixture) : IClassFixture<RegistryFixture>
{
    static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    [Fact]
    public void Creating_twice_creates_once_and_another_description_is_another_group()
    {
        var command = new Contracts.ThingRegistry.CreateBillingGroup { BillingGroupName = "berlin", Description = "a", RequestedBy = "test" };
        var group = BillingGroup.Initial.Fold(CreateBillingGroup.Decide(command, BillingGroup.Initial, Guid.CreateVersion7(), A.Noon).Events);

        CreateBillingGroup.Decide(command, group, Guid.CreateVersion7(), A.Noon).Events.ShouldBeEmpty();
        CreateBillingGroup.Decide(command with { Description = "b" }, group, Guid.CreateVersion7(), A.Noon).Refusal!.Code.ShouldBe("already-exists");
    }

    [Fact]
    public void A_thing_is_in_one_billing_group_at_most()
    {
        var thing = Thing.Initial.Evolve(new ThingRegistered(Guid.CreateVersion7(), null, "berlin", AttributeRules.None, [], null, A.Noon));

        Change("potsdam", member: true)!.BillingGroup.ShouldBe("potsdam");
        Change("berlin", member: true).ShouldBeNull();
        Change("potsdam", member: false).ShouldBeNull();
        Change("berlin", member: false)!.BillingGroup.ShouldBeNull();

        BillingGroupChanged? Change(string group, bool member) => (BillingGroupChanged?)ChangeBillingGroup
            .Decide(new() { ThingName = "SN", BillingGroupName = group, Member = member, RequestedBy = "test" }, thing, groupExists: true, A.Noon).Events.SingleOrDefault();
    }

    [Fact]
    public async Task A_provisioned_thing_is_counted_under_its_billing_group()
    {
        var (group, thing) = (A.Name("cost"), A.Name("SN"));
        await CreateBillingGroup.Handle(new() { BillingGroupName = group, RequestedBy = "test" }, fixture.Registry, Cancellation);

        (await fixture.Apply(A.Provisioning(A.CertificateId()) with { Thing = new() { ThingName = thing, BillingGroup = group } })).Refused.ShouldBeNull();

        (await DeleteBillingGroup.Handle(new() { BillingGroupName = group, RequestedBy = "test" }, fixture.Registry, Cancellation)).Refusal!.Code.ShouldBe("invalid-request");
        await ChangeBillingGroup.Handle(new() { ThingName = thing, BillingGroupName = group, Member = false, RequestedBy = "test" }, fixture.Registry, Cancellation);
        (await DeleteBillingGroup.Handle(new() { BillingGroupName = group, RequestedBy = "test" }, fixture.Registry, Cancellation)).Refusal.ShouldBeNull();
        (await fixture.Recorded(Registry.BillingStream(group))).ShouldBe(["billing.created.v1", "billing.deleted.v1"]);
    }
}
