using FleetPlatform.ThingRegistry.Groups;
using FsCheck;

namespace FleetPlatform.ThingRegistry.Policies;

public sealed class PolicyTests(RegistryFixture fixture) : IClassFixture<RegistryFixture>
{
    static readonly Func<DevicePolicy, Decision<PolicyEvent>>[] Questions =
    [
        state => CreatePolicy.Decide(A.Policy("p"), state, A.Noon),
        state => Version(A.DocumentFor("a"), asDefault: false)(state),
        state => Version(A.DocumentFor("b"), asDefault: true)(state),
        state => Version(A.DocumentFor("c"), asDefault: true)(state),
        state => SetDefaultPolicyVersion.Decide(new() { PolicyName = "p", VersionId = "2", RequestedBy = "test" }, state, A.Noon),
        state => DeletePolicyVersion.Decide(new() { PolicyName = "p", VersionId = "1", RequestedBy = "test" }, state, A.Noon),
        state => DeletePolicyVersion.Decide(new() { PolicyName = "p", VersionId = "2", RequestedBy = "test" }, state, A.Noon),
        state => DeletePolicy.Decide(new() { PolicyName = "p", RequestedBy = "test" }, state, isAttached: false, A.Noon),
        state => DeletePolicy.Decide(new() { PolicyName = "p", RequestedBy = "test" }, state, isAttached: true, A.Noon),
    ];

    static readonly Arbitrary<int[]> Histories = Gen.Choose(0, Questions.Length - 1).ArrayOf().ToArbitrary();

    static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    [Fact]
    public void Asking_twice_records_once() =>
        Prop.ForAll(Histories, Gen.Choose(0, Questions.Length - 1).ToArbitrary(), (history, question) => After(history).IsIdempotent(Questions[question]))
            .QuickCheckThrowOnFailure();

    [Fact]
    public void A_policy_has_one_default_and_at_most_five_versions() =>
        Prop.ForAll(Histories, history => After(history) is var policy && (!policy.Exists
            || (policy.Versions.Count <= 5 && policy.Versions.Count(version => version.VersionId == policy.DefaultVersionId) == 1))).QuickCheckThrowOnFailure();

    [Fact]
    public void A_document_may_have_2048_characters_without_its_white_space()
    {
        string Padded(int characters, string space = "") => A.DocumentFor(new string('x', characters - A.DocumentFor("").Length)) + space;

        CreatePolicy.Decide(A.Policy("p", Padded(2048, new string(' ', 500))), DevicePolicy.Initial, A.Noon).Refusal.ShouldBeNull();
        CreatePolicy.Decide(A.Policy("p", Padded(2049)), DevicePolicy.Initial, A.Noon).Refusal!.Code.ShouldBe("malformed-policy");
    }

    [Fact]
    public async Task An_attachment_does_not_survive_the_policy_it_was_made_to()
    {
        var (name, id) = (A.Name("p"), A.CertificateId());
        await fixture.CreatePolicy(name);
        await fixture.Apply(A.Provisioning(id, null, name));
        (await Delete(name)).ShouldBe("delete-conflict");
        (await Detach(name, id)).ShouldBeNull();
        (await Delete(name)).ShouldBeNull();

        await fixture.CreatePolicy(name, A.DocumentFor("other"));

        (await fixture.FindGrant(id))!.Policies.ShouldBeEmpty();
        (await Attach(name, id)).ShouldBeNull();
        (await fixture.FindGrant(id))!.Policies.ShouldHaveSingleItem().Document.ShouldBe(A.DocumentFor("other"));
    }

    [Fact]
    public async Task Grants_name_the_default_version()
    {
        var (name, id) = (A.Name("p"), A.CertificateId());
        await fixture.CreatePolicy(name);
        await fixture.Apply(A.Provisioning(id, null, name));
        var command = new Contracts.ThingRegistry.CreatePolicyVersion { PolicyName = name, PolicyDocument = A.DocumentFor("v2"), SetAsDefault = true, RequestedBy = "test" };
        (await Policies.CreatePolicyVersion.Handle(command, fixture.Registry, Cancellation)).Refusal.ShouldBeNull();

        var grant = (await fixture.FindGrant(id))!.Policies.ShouldHaveSingleItem();

        grant.VersionId.ShouldBe("2");
        grant.Document.ShouldBe(A.DocumentFor("v2"));
    }

    [Fact]
    public async Task At_most_ten_policies_are_attached_to_one_certificate()
    {
        var id = A.CertificateId();
        await fixture.Apply(A.Provisioning(id));
        for (var i = 0; i < 11; i++)
        {
            var name = A.Name("p");
            await fixture.CreatePolicy(name);
            (await Attach(name, id))?.Code.ShouldBe(i < 10 ? null : "limit-exceeded");
        }
    }

    [Fact]
    public async Task Policies_and_their_targets_are_listed_page_by_page()
    {
        var (name, group) = (A.Name("p"), A.Name("g"));
        await fixture.CreatePolicy(name);
        await Groups.CreateThingGroup.Handle(new() { ThingGroupName = group, RequestedBy = "test" }, fixture.Registry, new(), Cancellation);
        await AttachPolicy.Handle(new() { PolicyName = name, Target = new() { ThingGroupName = group }, RequestedBy = "test" }, fixture.Registry, Cancellation);
        var ids = Enumerable.Range(0, 5).Select(_ => A.CertificateId()).Order().ToArray();
        foreach (var id in ids) await fixture.Apply(A.Provisioning(id, null, name));

        var targets = new List<PolicyTarget>();
        string? after = null;
        do
        {
            var page = await ListPolicyTargets.Handle(new() { PolicyName = name, Page = new() { After = after, Limit = 4 } }, fixture.Registry.Database, Cancellation);
            targets.AddRange(page.Items);
            after = page.Next;
        }
        while (after is not null);

        targets.Select(target => target.CertificateId ?? target.ThingGroupName).ShouldBe([.. ids, group]);
        (await ListPolicies.Handle(new() { Page = new() { Limit = 250 } }, fixture.Registry.Database, Cancellation)).Items.ShouldContain(policy => policy.PolicyName == name);
    }

    static Func<DevicePolicy, Decision<PolicyEvent>> Version(string document, bool asDefault) => state =>
        CreatePolicyVersion.Decide(new() { PolicyName = "p", PolicyDocument = document, SetAsDefault = asDefault, RequestedBy = "test" }, state, A.Noon);

    static DevicePolicy After(int[] history) =>
        history.Aggregate(DevicePolicy.Initial, (state, question) => state.Fold(Questions[question](state).Events));

    async Task<string?> Delete(string name) =>
        (await DeletePolicy.Handle(new() { PolicyName = name, RequestedBy = "test" }, fixture.Registry, Cancellation)).Refusal?.Code;

    Task<Refusal?> Attach(string name, string id) =>
        AttachPolicy.Handle(new() { PolicyName = name, Target = new() { CertificateId = id }, RequestedBy = "test" }, fixture.Registry, Cancellation);

    Task<Refusal?> Detach(string name, string id) =>
        DetachPolicy.Handle(new() { PolicyName = name, Target = new() { CertificateId = id }, RequestedBy = "test" }, fixture.Registry, Cancellation);
}
