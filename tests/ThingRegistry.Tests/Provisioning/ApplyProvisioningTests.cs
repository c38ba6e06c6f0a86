using FleetPlatform.ThingRegistry.Policies;
using FleetPlatform.ThingRegistry.Principals;
using FleetPlatform.ThingRegistry.Things;
using FsCheck;
using Command = FleetPlatform.Contracts.ThingRegistry.ApplyProvisioning;

namespace FleetPlatform.ThingRegistry.Provisioning;

public sealed class ApplyProvisioningTests
{
    static readonly string Id = A.CertificateId();
    static readonly Guid NewId = Guid.CreateVersion7();

    static ProvisioningPlan Decide(Command item, ProvisioningState state) => Provisioning.ApplyProvisioning.Decide(item, state, NewId, A.Noon);

    [Fact]
    public void A_new_device_becomes_one_thing_with_one_active_certificate()
    {
        var item = A.Provisioning(Id, "SN-1", "telemetry") with
        {
            Thing = new() { ThingName = "SN-1", ThingTypeName = "sensor", Attributes = new Dictionary<string, string> { ["b"] = "2", ["a"] = "1" }, ThingGroups = ["eu"] },
        };

        var plan = Decide(item, AState.With(policies: "telemetry", types: "sensor", groups: ("eu", "eu")));

        plan.Refusal.ShouldBeNull();
        var thing = plan.Thing.ShouldHaveSingleItem().ShouldBeOfType<ThingRegistered>();
        thing.ThingId.ShouldBe(NewId);
        thing.ThingGroups.ShouldBe(["eu"]);
        thing.CertificateId.ShouldBe(Id);
        plan.Principal!.Status.ShouldBe(PrincipalStatus.Active);
        plan.Principal.Thing.ShouldBe(new AttachedThing("SN-1", NewId, false));
        plan.Principal.Policies.ShouldBe([new AttachedPolicy("telemetry", 1)]);
    }

    [Theory]
    [InlineData("SN+1"), InlineData("#"), InlineData("a/b"), InlineData("*"), InlineData("?"), InlineData("$aws"), InlineData(""), InlineData("a\n"), InlineData("ä")]
    public void A_thing_name_never_holds_what_could_widen_a_policy(string name) =>
        Decide(A.Provisioning(Id, name), AState.With()).Refusal!.Code.ShouldBe("unsafe-name");

    [Fact]
    public void What_the_template_names_must_exist()
    {
        Decide(A.Provisioning(Id, "SN-1", "none"), AState.With()).Refusal!.Code.ShouldBe("resource-missing");
        Decide(A.Provisioning(Id) with { Thing = new() { ThingName = "SN-1", ThingTypeName = "none" } }, AState.With()).Refusal!.Code.ShouldBe("resource-missing");
        Decide(A.Provisioning(Id) with { Thing = new() { ThingName = "SN-1", ThingGroups = ["none"] } }, AState.With()).Refusal!.Code.ShouldBe("resource-missing");
    }

    [Fact]
    public void A_document_becomes_the_policy_named_by_its_hash_once()
    {
        var item = A.Provisioning(Id, "SN-1") with { Policies = [new() { PolicyDocument = A.Document }, new() { PolicyDocument = A.Document }] };

        var plan = Decide(item, AState.With());

        var (name, created) = plan.Policies.ShouldHaveSingleItem();
        name.ShouldBe(DocumentRules.NameOf(A.Document));
        name.Length.ShouldBe(40);
        created.Document.ShouldBe(A.Document);
        Decide(item, AState.With(policies: name)).Policies.ShouldBeEmpty();
    }

    [Fact]
    public void A_document_that_is_no_policy_is_refused() =>
        Decide(A.Provisioning(Id) with { Policies = [new() { PolicyDocument = "{}" }] }, AState.With()).Refusal!.Code.ShouldBe("malformed-policy");

    [Fact]
    public void More_than_ten_policies_are_refused()
    {
        var names = Enumerable.Range(0, 11).Select(n => $"p{n}").ToArray();
        Decide(A.Provisioning(Id, "SN-1", names), AState.With(policies: string.Join(',', names))).Refusal!.Code.ShouldBe("limit-exceeded");
    }

    [Theory]
    [InlineData(PrincipalStatus.Active), InlineData(PrincipalStatus.Inactive), InlineData(PrincipalStatus.Revoked), InlineData(PrincipalStatus.Gone)]
    internal void Only_a_pending_certificate_is_provisioned(PrincipalStatus status) =>
        Decide(A.Provisioning(Id, "SN-1"), AState.With(principal: Principal.Initial with { Status = status })).Refusal!.Code.ShouldBe("certificate-not-pending");

    [Fact]
    public void Other_resources_for_a_provisioned_certificate_are_a_replay()
    {
        var state = AState.With();
        var after = state.After(Decide(A.Provisioning(Id, "SN-1"), state));

        Decide(A.Provisioning(Id, "SN-1"), after).ShouldBe(ProvisioningPlan.Nothing);
        Decide(A.Provisioning(Id, "SN-2"), after).Refusal!.Code.ShouldBe("token-replayed");
    }

    [Fact]
    public void The_same_question_is_not_answered_any_more_once_the_certificate_was_deactivated()
    {
        var state = AState.With();
        var after = state.After(Decide(A.Provisioning(Id, "SN-1"), state));
        after = after with { Principal = after.Principal.Evolve(new StatusChanged(PrincipalStatus.Inactive, A.Noon)) };

        Decide(A.Provisioning(Id, "SN-1"), after).Refusal!.Code.ShouldBe("certificate-not-pending");
    }

    [Fact]
    public void An_existing_thing_keeps_what_the_template_does_not_override()
    {
        var plan = Decide(Overriding(ResourceOverride.DoNothing), Existing());

        plan.Thing.ShouldHaveSingleItem().ShouldBeOfType<CertificateAttached>().CertificateId.ShouldBe(Id);
        plan.Principal!.Thing!.ThingId.ShouldBe(Existing().Thing.Id!.Value);
    }

    [Fact]
    public void Replace_overwrites_and_merge_unites()
    {
        var replaced = Existing().After(Decide(Overriding(ResourceOverride.Replace), Existing())).Thing;
        replaced.Attributes.ShouldBe(new Dictionary<string, string> { ["b"] = "new" });
        replaced.TypeName.ShouldBe("other");
        replaced.Groups.ShouldBe(["us"]);

        var merged = Existing().After(Decide(Overriding(ResourceOverride.Merge), Existing())).Thing;
        merged.Attributes.OrderBy(a => a.Key).ShouldBe([KeyValuePair.Create("a", "old"), KeyValuePair.Create("b", "new")]);
        merged.Groups.ShouldBe(["eu", "us"]);
    }

    [Fact]
    public void Replace_with_nothing_leaves_and_with_an_empty_value_clears()
    {
        var wanted = new ThingToApply { ThingName = "SN-1", OverrideAttributes = ResourceOverride.Replace, OverrideThingGroups = ResourceOverride.Replace };
        var (absent, empty) = (A.Provisioning(Id) with { Thing = wanted },
            A.Provisioning(Id) with { Thing = wanted with { Attributes = new Dictionary<string, string>(), ThingGroups = [] } });

        var left = Existing().After(Decide(absent, Existing())).Thing;
        left.Attributes.ShouldBe(Existing().Thing.Attributes);
        left.Groups.ShouldBe(Existing().Thing.Groups);

        var cleared = Existing().After(Decide(empty, Existing())).Thing;
        cleared.Attributes.ShouldBeEmpty();
        cleared.Groups.ShouldBeEmpty();
    }

    [Fact]
    public void A_billing_group_that_the_template_names_must_exist()
    {
        var item = A.Provisioning(Id) with { Thing = new() { ThingName = "SN-9", BillingGroup = "berlin" } };

        Decide(item, AState.With()).Refusal!.Code.ShouldBe("resource-missing");
        var state = AState.With() with { BillingGroups = new HashSet<string> { "berlin" } };
        state.After(Decide(item, state)).Thing.BillingGroup.ShouldBe("berlin");
    }

    [Fact]
    public void Fail_refuses_a_thing_that_exists() =>
        Decide(Overriding(ResourceOverride.Fail), Existing()).Refusal!.Code.ShouldBe("resource-conflict");

    [Fact]
    public void A_template_without_a_thing_activates_the_certificate_alone()
    {
        var plan = Decide(A.Provisioning(Id), AState.With());

        plan.Thing.ShouldBeEmpty();
        plan.Principal!.Thing.ShouldBeNull();
    }

    [Fact]
    public void Asking_twice_records_once() =>
        Prop.ForAll(Gen.Choose(0, int.MaxValue).ToArbitrary(), seed =>
        {
            var item = Random(new Random(seed));
            var state = new Random(seed).Next(2) == 0 ? Existing() : AState.With(policies: "p,q", types: "sensor,other", groups: [("eu", "eu"), ("us", "us")]);
            var first = Decide(item, state);
            if (first.Refusal is not null) return true;
            return Decide(item, state.After(first)) == ProvisioningPlan.Nothing;
        }).QuickCheckThrowOnFailure();

    static ProvisioningState Existing()
    {
        var attributes = new Dictionary<string, string> { ["a"] = "old" };
        var thing = Thing.Initial.Evolve(new ThingRegistered(new Guid("01900000-0000-7000-8000-000000000000"), "sensor", null, attributes, ["eu"], null, A.Noon));
        return AState.With(thing, policies: "p,q", types: "sensor,other", groups: [("eu", "eu"), ("us", "us")]);
    }

    static Command Overriding(ResourceOverride with) => A.Provisioning(Id) with
    {
        Thing = new()
        {
            ThingName = "SN-1", ThingTypeName = "other", Attributes = new Dictionary<string, string> { ["b"] = "new" }, ThingGroups = ["us"],
            OverrideAttributes = with, OverrideThingType = with, OverrideThingGroups = with,
        },
    };

    static Command Random(Random random)
    {
        T Any<T>(params T[] values) => values[random.Next(values.Length)];
        return A.Provisioning(Id) with
        {
            CertificateStatus = Any(CertificateStatus.Active, CertificateStatus.Inactive),
            ExclusiveThing = Any(true, false),
            Policies = Any<IReadOnlyList<PolicyToApply>>([], [new() { PolicyName = "p" }], [new() { PolicyName = "q" }, new() { PolicyDocument = A.Document }]),
            Thing = random.Next(4) == 0 ? null : new()
            {
                ThingName = "SN-1",
                ThingTypeName = Any(null, "sensor", "other"),
                Attributes = Any(new Dictionary<string, string>(), new() { ["a"] = "1" }, new() { ["a"] = "2", ["b"] = "" }),
                ThingGroups = Any<IReadOnlyList<string>>([], ["eu"], ["us", "eu"], ["us", "us"]),
                OverrideAttributes = Any(Enum.GetValues<ResourceOverride>()),
                OverrideThingType = Any(Enum.GetValues<ResourceOverride>()),
                OverrideThingGroups = Any(Enum.GetValues<ResourceOverride>()),
            },
        };
    }
}
