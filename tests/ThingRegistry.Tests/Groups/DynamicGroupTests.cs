using FleetPlatform.ThingRegistry.Things;
using FsCheck;
using Command = FleetPlatform.Contracts.ThingRegistry.CreateThingGroup;

namespace FleetPlatform.ThingRegistry.Groups;

public sealed class DynamicGroupTests(RegistryFixture fixture) : IClassFixture<RegistryFixture>
{
    static readonly ThingRegistryOptions Options = new();
    static readonly Command Creation = new() { ThingGroupName = "locks", Query = "thingTypeName:lock", RequestedBy = "test" };

    static readonly Func<ThingGroup, Decision<ThingGroupEvent>>[] Questions =
    [
        group => Groups.CreateThingGroup.Decide(Creation, group, null, 0, Options, Guid.CreateVersion7(), A.Noon),
        group => Groups.UpdateThingGroup.Decide(new() { ThingGroupName = "locks", Query = "thingName:a*", RequestedBy = "test" }, group, Options, A.Noon),
        group => Groups.UpdateThingGroup.Decide(new() { ThingGroupName = "locks", Description = "all", RequestedBy = "test" }, group, Options, A.Noon),
        group => Groups.DeleteThingGroup.Decide(new() { ThingGroupName = "locks", RequestedBy = "test" }, group, false, A.Noon),
    ];

    static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    [Fact]
    public void Asking_twice_records_once() =>
        Prop.ForAll(Gen.Choose(0, Questions.Length - 1).ArrayOf().ToArbitrary(), Gen.Choose(0, Questions.Length - 1).ToArbitrary(), (history, question) =>
            history.Aggregate(ThingGroup.Initial, (state, asked) => state.Fold(Questions[asked](state).Events)).IsIdempotent(Questions[question])).QuickCheckThrowOnFailure();

    [Fact]
    public void A_query_that_cannot_be_read_too_many_groups_and_a_parent_are_refused()
    {
        Refusal? Create(Command command, int groups = 0, ThingGroup? parent = null) =>
            Groups.CreateThingGroup.Decide(command, ThingGroup.Initial, parent, groups, Options, Guid.CreateVersion7(), A.Noon).Refusal;

        Create(Creation with { Query = "lock" })!.Code.ShouldBe("invalid-query");
        Create(Creation with { Query = new string('x', 1001) })!.Code.ShouldBe("invalid-query");
        Create(Creation, groups: 100)!.Code.ShouldBe("limit-exceeded");
        Create(Creation, groups: 99).ShouldBeNull();
        Create(Creation with { Query = null, ParentGroupName = "locks" }, parent: ThingGroup.Initial.Fold(Questions[0](ThingGroup.Initial).Events))!.Code.ShouldBe("invalid-request");
    }

    [Fact]
    public void A_static_group_is_not_changed_as_a_dynamic_one_and_versions_are_held()
    {
        var fixedGroup = ThingGroup.Initial.Fold(Groups.CreateThingGroup.Decide(Creation with { Query = null }, ThingGroup.Initial, null, 0, Options, Guid.CreateVersion7(), A.Noon).Events);
        var dynamicGroup = ThingGroup.Initial.Fold(Questions[0](ThingGroup.Initial).Events);

        Questions[1](fixedGroup).Refusal!.Code.ShouldBe("invalid-request");
        Questions[3](fixedGroup).Refusal!.Code.ShouldBe("invalid-request");
        Groups.DeleteThingGroup.Decide(new() { ThingGroupName = "locks", ExpectedVersion = 2, RequestedBy = "test" }, dynamicGroup, false, A.Noon).Refusal!.Code.ShouldBe("version-conflict");
        dynamicGroup.Fold(Questions[1](dynamicGroup).Events).Describe("locks").Version.ShouldBe(2);
    }

    [Fact]
    public async Task Things_join_and_leave_as_they_change_and_as_the_query_does()
    {
        var (group, one, two) = (A.Name("g"), A.Name("SN"), A.Name("SN"));
        await Create(one, ("site", group));
        await Defines(group, $"attributes.site:{group}");
        await Create(two, ("site", "elsewhere"));
        await Follows(Registry.GroupStream(group), Registry.ThingStream(two));
        (await Members(group)).ShouldBe([one]);

        await Things.UpdateThing.Handle(new() { ThingName = two, Attributes = new Dictionary<string, string> { ["site"] = group }, RequestedBy = "test" }, fixture.Registry, Cancellation);
        await Follows(Registry.ThingStream(two));
        (await Members(group)).ShouldBe([one, two], ignoreOrder: true);

        await fixture.Registry.WriteGroup(group, "test", state => Groups.UpdateThingGroup.Decide(
            new() { ThingGroupName = group, Query = $"thingName:{two}", RequestedBy = "test" }, state, Options, A.Noon), Cancellation);
        await Follows(Registry.GroupStream(group));
        (await Members(group)).ShouldBe([two]);

        await fixture.Registry.WriteGroup(group, "test", state => Groups.DeleteThingGroup.Decide(new() { ThingGroupName = group, RequestedBy = "test" }, state, false, A.Noon), Cancellation);
        await Follows(Registry.GroupStream(group));
        (await Members(group)).ShouldBeEmpty();
        (await fixture.Registry.ReadThing(two, Cancellation)).AllGroups.ShouldBeEmpty();
    }

    [Fact]
    public async Task Repeating_changes_nothing()
    {
        var (group, thing) = (A.Name("g"), A.Name("SN"));
        await Create(thing, ("site", group));
        await Defines(group, $"attributes.site:{group}");
        for (var i = 0; i < 2; i++) await Follows(Registry.GroupStream(group), Registry.ThingStream(thing));

        (await fixture.Recorded(Registry.ThingStream(thing))).ShouldBe(["thing.registered.v1", "thing.group-joined.v1"]);
    }

    [Fact]
    public async Task Its_policies_hold_for_its_members()
    {
        var (group, thing, policy, certificate) = (A.Name("g"), A.Name("SN"), A.Name("p"), A.CertificateId());
        await Defines(group, $"thingName:{thing}");
        await fixture.CreatePolicy(policy);
        (await Policies.AttachPolicy.Handle(new() { PolicyName = policy, Target = new() { ThingGroupName = group }, RequestedBy = "test" }, fixture.Registry, Cancellation)).ShouldBeNull();
        (await fixture.Apply(A.Provisioning(certificate, thing))).Grant!.Policies.ShouldBeEmpty();

        await Follows(Registry.ThingStream(thing));

        (await fixture.FindGrant(certificate))!.Policies.Single().PolicyName.ShouldBe(policy);
        (await fixture.Apply(A.Provisioning(A.CertificateId(), thing))).Grant!.Policies.Single().PolicyName.ShouldBe(policy);
    }

    [Fact]
    public async Task A_group_that_things_were_put_into_is_changed_and_deleted_and_they_leave_it()
    {
        var (group, leaf, thing) = (A.Name("g"), A.Name("leaf"), A.Name("SN"));
        await Groups.CreateThingGroup.Handle(new() { ThingGroupName = group, RequestedBy = "test" }, fixture.Registry, Options, Cancellation);
        await Groups.CreateThingGroup.Handle(new() { ThingGroupName = leaf, ParentGroupName = group, RequestedBy = "test" }, fixture.Registry, Options, Cancellation);
        await Create(thing);
        (await ChangeGroupMembership.Handle(new() { ThingName = thing, ThingGroupName = leaf, Member = true, RequestedBy = "test" }, fixture.Registry, Cancellation)).ShouldBeNull();
        var changed = (await fixture.Registry.WriteGroup(leaf, "test", state => Groups.UpdateThingGroup.Decide(
            new() { ThingGroupName = leaf, Dynamic = false, Attributes = new Dictionary<string, string> { ["site"] = "b" }, MergeAttributes = true, RequestedBy = "test" }, state, Options, A.Noon), Cancellation)).State;
        (changed.Query, changed.Attributes["site"], changed.Revision).ShouldBe((null, "b", 2));

        Task<Refusal?> Delete(string name, bool isDynamic = false) => Groups.DeleteThingGroup.Handle(new() { ThingGroupName = name, Dynamic = isDynamic, RequestedBy = "test" }, fixture.Registry, Cancellation);
        (await Delete(group))!.Code.ShouldBe("invalid-request");
        (await Delete(leaf, isDynamic: true))!.Code.ShouldBe("invalid-request");
        (await Delete(leaf)).ShouldBeNull();
        (await Groups.CreateThingGroup.Handle(new() { ThingGroupName = leaf, RequestedBy = "test" }, fixture.Registry, Options, Cancellation)).Refusal!.Code.ShouldBe("unavailable");
        await Follows(Registry.GroupStream(leaf));
        (await Delete(group)).ShouldBeNull();

        (await Members(leaf)).ShouldBeEmpty();
        (await fixture.Registry.ReadThing(thing, Cancellation)).Groups.ShouldBeEmpty();
        (await fixture.Recorded(Registry.ThingStream(thing))).ShouldBe(["thing.registered.v1", "thing.group-joined.v1", "thing.group-left.v1"]);
    }

    /// <summary>Neither an operator nor a template puts a thing where only a query does; and a template's REPLACE takes none out.</summary>
    [Fact]
    public async Task Nobody_is_put_into_it_by_hand()
    {
        var (group, thing, other) = (A.Name("g"), A.Name("SN"), A.Name("static"));
        await Create(thing);
        await Defines(group, $"thingName:{thing}");
        await Groups.CreateThingGroup.Handle(new() { ThingGroupName = other, RequestedBy = "test" }, fixture.Registry, Options, Cancellation);
        await Follows(Registry.GroupStream(group));

        (await ChangeGroupMembership.Handle(new() { ThingName = thing, ThingGroupName = group, Member = false, RequestedBy = "test" }, fixture.Registry, Cancellation))!.Code.ShouldBe("invalid-request");
        Contracts.ThingRegistry.ApplyProvisioning Into(string name) => A.Provisioning(A.CertificateId(), thing) with
        {
            Thing = new() { ThingName = thing, ThingGroups = [name], OverrideThingGroups = ResourceOverride.Replace },
        };
        (await fixture.Apply(Into(group))).Refused!.Code.ShouldBe("resource-missing");
        (await fixture.Apply(Into(other))).Refused.ShouldBeNull();
        (await fixture.Registry.ReadThing(thing, Cancellation)).AllGroups.ShouldBe([other, group]);
    }

    Task<Written<Thing, ThingEvent>> Create(string thing, params (string, string)[] attributes) =>
        Things.CreateThing.Handle(A.Thing(thing, null, attributes), fixture.Registry, Cancellation);

    async Task Defines(string group, string query) => (await Groups.CreateThingGroup.Handle(
        new() { ThingGroupName = group, Query = query, RequestedBy = "test" }, fixture.Registry, Options, Cancellation)).Refusal.ShouldBeNull();

    // As the store tells it, with everything that was recorded on these streams before.
    async Task Follows(params StreamId[] streams)
    {
        var follow = new FollowQueries(fixture.Registry);
        foreach (var stream in streams) await follow.Handle(await fixture.Store.FetchStreamAsync(stream, cancellation: Cancellation), Cancellation);
    }

    async Task<IReadOnlyList<string>> Members(string group) => (await Listing.Names(fixture.Registry.Database, new(),
        new("select thing_name from fleet_memberships where group_name = $1", "thing_name", Listing.Text(group)), Cancellation)).Items;
}
