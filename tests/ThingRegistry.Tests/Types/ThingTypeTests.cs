using FsCheck;

namespace FleetPlatform.ThingRegistry.Types;

public sealed class ThingTypeTests(RegistryFixture fixture) : IClassFixture<RegistryFixture>
{
    static readonly ThingRegistryOptions Options = new();

    static readonly Func<ThingType, Decision<ThingTypeEvent>>[] Questions =
    [
        type => CreateThingType.Decide(new() { ThingTypeName = "lock", RequestedBy = "test" }, type, Guid.CreateVersion7(), A.Noon),
        type => DeprecateThingType.Decide(new() { ThingTypeName = "lock", RequestedBy = "test" }, type, A.Noon),
        type => Update(type, "a lock"),
        type => DeprecateThingType.Decide(new() { ThingTypeName = "lock", Undo = true, RequestedBy = "test" }, type, A.Noon),
        type => Delete(type, A.Noon + Options.ThingTypeDeletionDelay),
    ];

    static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    [Fact]
    public void Asking_twice_records_once() =>
        Prop.ForAll(Gen.Choose(0, Questions.Length - 1).ArrayOf().ToArbitrary(), Gen.Choose(0, Questions.Length - 1).ToArbitrary(), (history, question) =>
            history.Aggregate(ThingType.Initial, (state, asked) => state.Fold(Questions[asked](state).Events)).IsIdempotent(Questions[question])).QuickCheckThrowOnFailure();

    [Fact]
    public void A_type_is_deleted_a_while_after_it_was_deprecated_when_no_thing_has_it()
    {
        var type = ThingType.Initial.Fold(Questions[0](ThingType.Initial).Events);
        Delete(type, A.Noon).Refusal!.Code.ShouldBe("invalid-request");

        var deprecated = type.Fold(Questions[1](type).Events);
        Delete(deprecated, A.Noon + Options.ThingTypeDeletionDelay - TimeSpan.FromSeconds(1)).Refusal!.Detail.ShouldContain("2026-");
        Delete(deprecated, A.Noon + Options.ThingTypeDeletionDelay, hasThings: true).Refusal!.Code.ShouldBe("invalid-request");
        deprecated.Fold(Questions[^1](deprecated).Events).Exists.ShouldBeFalse();
        DeprecateThingType.Decide(new() { ThingTypeName = "none", RequestedBy = "test" }, ThingType.Initial, A.Noon).Refusal!.Code.ShouldBe("not-found");
    }

    [Fact]
    public void An_update_changes_what_it_names_and_leaves_the_rest()
    {
        var type = ThingType.Initial.Fold(Questions[0](ThingType.Initial).Events);

        var updated = type.Fold(Update(type, "a lock", "site").Events);
        updated.ShouldBe(type with { Description = "a lock", SearchableAttributes = updated.SearchableAttributes });
        updated.SearchableAttributes.ShouldBe(["site"]);
        updated.Fold(Update(updated, description: null).Events).ShouldBe(updated);
        Update(type, null, "a", "b", "c", "d").Refusal!.Code.ShouldBe("invalid-request");
        Update(ThingType.Initial, "a lock").Refusal!.Code.ShouldBe("not-found");
    }

    static Decision<ThingTypeEvent> Update(ThingType type, string? description, params string[] searchable) => UpdateThingType.Decide(
        new() { ThingTypeName = "lock", Description = description, SearchableAttributes = searchable is [] ? null : searchable, RequestedBy = "test" }, type, A.Noon);

    [Fact]
    public async Task A_deprecated_type_stays_with_what_has_it_and_nothing_new_gets_it()
    {
        var (type, old, other) = (A.Name("type"), A.Name("SN"), A.Name("SN"));
        await CreateThingType.Handle(new() { ThingTypeName = type, RequestedBy = "test" }, fixture.Registry, Cancellation);
        (await Things.CreateThing.Handle(A.Thing(old, type), fixture.Registry, Cancellation)).Refusal.ShouldBeNull();
        await fixture.Registry.WriteType(type, "test", state => DeprecateThingType.Decide(new() { ThingTypeName = type, RequestedBy = "test" }, state, A.Noon), Cancellation);

        (await Things.CreateThing.Handle(A.Thing(other, type), fixture.Registry, Cancellation)).Refusal!.Detail.ShouldContain("deprecated");
        (await Things.CreateThing.Handle(A.Thing(old, type), fixture.Registry, Cancellation)).Refusal.ShouldBeNull();
        Contracts.ThingRegistry.ApplyProvisioning Typed(string thing) => A.Provisioning(A.CertificateId(), thing) with { Thing = new() { ThingName = thing, ThingTypeName = type } };
        (await fixture.Apply(Typed(other))).Refused!.Code.ShouldBe("resource-missing");
        (await fixture.Apply(Typed(old))).Refused.ShouldBeNull();
        (await DeleteThingType.Handle(new() { ThingTypeName = type, RequestedBy = "test" }, fixture.Registry, Options, Cancellation))!.Code.ShouldBe("invalid-request");
        (await fixture.Registry.ReadType(type, Cancellation)).Describe(type).DeprecatedAt.ShouldBe(A.Noon);
    }

    static Decision<ThingTypeEvent> Delete(ThingType type, DateTimeOffset now, bool hasThings = false) =>
        DeleteThingType.Decide(new() { ThingTypeName = "lock", RequestedBy = "test" }, type, hasThings, Options, now);
}
