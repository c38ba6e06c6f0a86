using FleetPlatform.ThingRegistry.Groups;
using FleetPlatform.ThingRegistry.Types;
using FsCheck;

namespace FleetPlatform.ThingRegistry.Things;

public sealed class ThingTests(RegistryFixture fixture) : IClassFixture<RegistryFixture>
{
    static readonly Guid Id = Guid.CreateVersion7();
    static readonly Dictionary<string, string> Roots = new() { ["eu"] = "world", ["us"] = "world", ["beta"] = "beta" };

    static readonly Func<Thing, Decision<ThingEvent>>[] Questions =
    [
        state => CreateThing.Decide(A.Thing("SN"), state, typeUsable: true, billingGroupExists: true, Id, A.Noon),
        state => CreateThing.Decide(A.Thing("SN", "sensor", ("a", "1")), state, typeUsable: true, billingGroupExists: true, Id, A.Noon),
        state => UpdateThing.Decide(Update() with { Attributes = new Dictionary<string, string> { ["a"] = "2" } }, state, true, A.Noon),
        state => UpdateThing.Decide(Update() with { Attributes = new Dictionary<string, string> { ["a"] = "", ["b"] = "3" }, MergeAttributes = true }, state, true, A.Noon),
        state => UpdateThing.Decide(Update() with { RemoveThingType = true }, state, true, A.Noon),
        state => UpdateThing.Decide(Update() with { ThingTypeName = "other", ExpectedVersion = 1 }, state, true, A.Noon),
        state => DeleteThing.Decide(new() { ThingName = "SN", RequestedBy = "test" }, state, A.Noon),
        state => Groups.ChangeGroupMembership.Decide(new() { ThingName = "SN", ThingGroupName = "eu", Member = true, RequestedBy = "test" }, state, Roots, A.Noon),
        state => Groups.ChangeGroupMembership.Decide(new() { ThingName = "SN", ThingGroupName = "us", Member = true, RequestedBy = "test" }, state, Roots, A.Noon),
        state => Groups.ChangeGroupMembership.Decide(new() { ThingName = "SN", ThingGroupName = "beta", Member = true, RequestedBy = "test" }, state, Roots, A.Noon),
        state => Groups.ChangeGroupMembership.Decide(new() { ThingName = "SN", ThingGroupName = "eu", Member = false, RequestedBy = "test" }, state, Roots, A.Noon),
    ];

    static readonly Arbitrary<int[]> Histories = Gen.Choose(0, Questions.Length - 1).ArrayOf().ToArbitrary();

    static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    [Fact]
    public void Asking_twice_records_once() =>
        Prop.ForAll(Histories, Gen.Choose(0, Questions.Length - 1).ToArbitrary(), (history, question) => After(history).IsIdempotent(Questions[question]))
            .QuickCheckThrowOnFailure();

    [Fact]
    public void A_thing_is_in_one_group_of_a_hierarchy() =>
        Prop.ForAll(Histories, history => After(history).Groups.Select(group => Roots[group]).Distinct().Count() == After(history).Groups.Count).QuickCheckThrowOnFailure();

    [Fact]
    public void The_same_thing_again_succeeds_and_another_of_its_name_does_not()
    {
        var thing = Thing.Initial.Fold(Questions[1](Thing.Initial).Events);

        Questions[1](thing).Refusal.ShouldBeNull();
        Questions[0](thing).Refusal!.Code.ShouldBe("already-exists");
    }

    [Fact]
    public void Three_attributes_without_a_type_and_fifty_with_one()
    {
        (string, string)[] Attributes(int count) => [.. Enumerable.Range(0, count).Select(n => ($"a{n}", "1"))];
        Refusal? Create(string? type, int count) => CreateThing.Decide(A.Thing("SN", type, Attributes(count)), Thing.Initial, true, true, Id, A.Noon).Refusal;

        Create(null, 3).ShouldBeNull();
        Create(null, 4)!.Code.ShouldBe("limit-exceeded");
        Create("sensor", 50).ShouldBeNull();
        Create("sensor", 51)!.Code.ShouldBe("limit-exceeded");
    }

    [Theory]
    [InlineData("a b", "1"), InlineData("", "1"), InlineData("a", "white space"), InlineData("a", "*"), InlineData("a", "+"), InlineData("a", "ü")]
    public void Attributes_hold_safe_characters_only(string name, string value) =>
        CreateThing.Decide(A.Thing("SN", null, (name, value)), Thing.Initial, true, true, Id, A.Noon).Refusal!.Code.ShouldBe("invalid-request");

    [Fact]
    public void An_update_based_on_an_older_version_is_refused()
    {
        var thing = Thing.Initial.Fold(Questions[0](Thing.Initial).Events);

        UpdateThing.Decide(Update() with { ThingTypeName = "t", ExpectedVersion = 2 }, thing, true, A.Noon).Refusal!.Code.ShouldBe("version-conflict");
        UpdateThing.Decide(Update() with { ThingTypeName = "none" }, thing, typeUsable: false, A.Noon).Refusal!.Code.ShouldBe("not-found");
    }

    [Fact]
    public async Task A_thing_with_a_certificate_is_not_deleted_and_an_unknown_one_is()
    {
        var (thing, id) = (A.Name("SN"), A.CertificateId());
        await fixture.Apply(A.Provisioning(id, thing));

        (await Delete(thing)).ShouldBe("invalid-request");
        (await DetachThingPrincipal.Handle(new() { ThingName = thing, CertificateId = id, RequestedBy = "test" }, fixture.Registry, Cancellation)).ShouldBeNull();
        (await Delete(thing)).ShouldBeNull();
        (await Delete(A.Name("unknown"))).ShouldBeNull();
        (await fixture.FindGrant(id))!.Things.ShouldBeEmpty();
    }

    [Fact]
    public async Task A_name_that_is_no_name_is_refused_before_it_is_a_stream() =>
        (await CreateThing.Handle(A.Thing("a/b"), fixture.Registry, Cancellation)).Refusal!.Code.ShouldBe("invalid-request");

    [Fact]
    public async Task Things_are_listed_by_name_type_and_attribute_page_by_page()
    {
        var (prefix, type) = (A.Name("list"), A.Name("type"));
        await Types.CreateThingType.Handle(new() { ThingTypeName = type, RequestedBy = "test" }, fixture.Registry, Cancellation);
        // By ordinal: capitals before the low line before small letters, whatever the database's collation says.
        string[] names = [$"{prefix}-A", $"{prefix}-B", $"{prefix}-Z", $"{prefix}_a", $"{prefix}a"];
        foreach (var name in names.Reverse()) (await CreateThing.Handle(A.Thing(name, type, ("serial", name)), fixture.Registry, Cancellation)).Refusal.ShouldBeNull();

        (await List(new() { Page = new() { Limit = 2 }, ThingTypeName = type })).ShouldBe(names);
        (await List(new() { Page = new() { Limit = 2, Descending = true }, ThingTypeName = type })).ShouldBe(names.Reverse());
        (await List(new() { Page = new(), AttributeName = "serial", AttributeValue = names[3] })).ShouldBe([names[3]]);
    }

    [Fact]
    public async Task Groups_know_their_things_and_things_their_groups()
    {
        var (group, thing) = (A.Name("g"), A.Name("SN"));
        await Groups.CreateThingGroup.Handle(new() { ThingGroupName = group, RequestedBy = "test" }, fixture.Registry, new(), Cancellation);
        await CreateThing.Handle(A.Thing(thing), fixture.Registry, Cancellation);
        Task<Refusal?> Change(string name, bool member) => Groups.ChangeGroupMembership.Handle(
            new() { ThingName = thing, ThingGroupName = name, Member = member, RequestedBy = "test" }, fixture.Registry, Cancellation);

        (await Change(group, true)).ShouldBeNull();
        (await fixture.Registry.ReadThing(thing, Cancellation)).Groups.ShouldBe([group]);
        (await Change("nowhere", true))!.Code.ShouldBe("not-found");
        (await Change(group, false)).ShouldBeNull();
        (await fixture.Registry.ReadThing(thing, Cancellation)).Groups.ShouldBeEmpty();
    }

    [Fact]
    public async Task Groups_nest_seven_deep()
    {
        string? parent = null;
        for (var depth = 1; depth <= 8; depth++)
        {
            var name = A.Name($"g{depth}");
            var written = await Groups.CreateThingGroup.Handle(new() { ThingGroupName = name, ParentGroupName = parent, RequestedBy = "test" }, fixture.Registry, new(), Cancellation);
            written.Refusal?.Code.ShouldBe(depth <= 7 ? null : "limit-exceeded");
            if (depth == 8) written.Refusal.ShouldNotBeNull();
            parent = name;
        }
    }

    static Contracts.ThingRegistry.UpdateThing Update() => new() { ThingName = "SN", RequestedBy = "test" };

    static Thing After(int[] history) => history.Aggregate(Thing.Initial, (state, question) => state.Fold(Questions[question](state).Events));

    async Task<string?> Delete(string name) =>
        (await DeleteThing.Handle(new() { ThingName = name, RequestedBy = "test" }, fixture.Registry, Cancellation)).Refusal?.Code;

    async Task<List<string>> List(Contracts.ThingRegistry.ListThings query)
    {
        var names = new List<string>();
        for (string? after = null; ;)
        {
            var page = await ListThings.Handle(query with { Page = query.Page with { After = after } }, fixture.Registry.Database, Cancellation);
            names.AddRange(page.Items.Select(thing => thing.ThingName));
            if ((after = page.Next) is null) return names;
        }
    }
}
