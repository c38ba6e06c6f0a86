using FleetPlatform.Contracts.CertificateAuthority;
using FleetPlatform.Pki;
using FleetPlatform.ThingRegistry.Policies;
using FleetPlatform.ThingRegistry.Principals;

namespace FleetPlatform.ThingRegistry.Provisioning;

public sealed class ApplyProvisioningStoreTests(RegistryFixture fixture) : IClassFixture<RegistryFixture>
{
    static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    [Fact]
    public async Task The_answer_is_what_a_look_up_finds_afterwards()
    {
        var (id, thing, policy) = (A.CertificateId(), A.Name("SN"), A.Name("telemetry"));
        await fixture.CreatePolicy(policy);
        await Principals.RecordIssuedCertificates.Handle(new() { Items = [A.Issued(id)] }, fixture.Registry, Cancellation);
        var item = A.Provisioning(id, thing, policy) with
        {
            ExclusiveThing = true,
            Thing = new() { ThingName = thing, Attributes = new Dictionary<string, string> { ["color"] = "blue" } },
        };

        var answer = await fixture.Apply(item);

        answer.Refused.ShouldBeNull();
        answer.Grant!.Status.ShouldBe(CertificateStatus.Active);
        answer.Grant.Version.ShouldBe(2);
        answer.Grant.Things.ShouldHaveSingleItem().Attributes["color"].ShouldBe("blue");
        answer.Grant.Policies.ShouldHaveSingleItem().Document.ShouldBe(A.Document);
        (await fixture.FindGrant(id))!.Text().ShouldBe(answer.Grant.Text());
        (await fixture.Recorded(Registry.PrincipalStream(id))).ShouldBe(["principal.registered.v1", "principal.provisioned.v1"]);
        (await fixture.Recorded(Registry.ThingStream(thing))).ShouldBe(["thing.registered.v1"]);
    }

    [Fact]
    public async Task The_same_question_has_the_same_answer_and_records_nothing()
    {
        var (id, thing) = (A.CertificateId(), A.Name("SN"));
        var first = await fixture.Apply(A.Provisioning(id, thing));

        var again = await fixture.Apply(A.Provisioning(id, thing));
        var other = await fixture.Apply(A.Provisioning(id, A.Name("other")));

        again.Grant!.Text().ShouldBe(first.Grant!.Text());
        other.Refused!.Code.ShouldBe("token-replayed");
        (await fixture.Recorded(Registry.PrincipalStream(id))).ShouldBe(["principal.provisioned.v1"]);
    }

    /// <summary>What an operator registers brings its certificate along: one event, and nobody writes the stream beside it.</summary>
    [Fact]
    public async Task A_certificate_that_was_signed_for_the_registration_comes_with_it()
    {
        var pem = A.CertificatePem();
        var id = CertificateId.Of(Pem.ReadCertificate(pem));
        var item = A.Provisioning(id, A.Name("SN")) with { CertificatePem = pem };

        await RecordIssuedCertificates.Handle(new() { Items = [A.Issued(id) with { Purpose = CertificatePurpose.Registration }] }, fixture.Registry, Cancellation);
        var answer = await fixture.Apply(item);
        var again = await fixture.Apply(item);

        again.Grant!.Text().ShouldBe(answer.Grant!.Text());
        (await fixture.FindGrant(id))!.Text().ShouldBe(answer.Grant!.Text());
        var described = (await fixture.Registry.ReadPrincipal(id, Cancellation)).Describe(id);
        (described.CertificatePem, described.NotAfter, described.Status).ShouldBe((pem, A.Noon.AddYears(1), CertificateStatus.Active));
        (await fixture.Recorded(Registry.PrincipalStream(id))).ShouldBe(["principal.provisioned.v1"]);
        (await fixture.Apply(A.Provisioning(A.CertificateId()) with { CertificatePem = pem })).Refused!.Code.ShouldBe("certificate-invalid");
    }

    [Fact]
    public async Task Two_devices_that_take_one_name_at_once_both_get_the_one_thing()
    {
        var thing = A.Name("SN");
        var ids = Enumerable.Range(0, 6).Select(_ => A.CertificateId()).ToArray();

        var answers = await Task.WhenAll(ids.Select(id => Task.Run(() => fixture.Apply(A.Provisioning(id, thing)))));

        answers.ShouldAllBe(answer => answer.Refused == null);
        var read = await fixture.Registry.ReadThing(thing, Cancellation);
        read.Certificates.Order().ShouldBe(ids.Order());
        (await fixture.Recorded(Registry.ThingStream(thing))).Count(type => type == "thing.registered.v1").ShouldBe(1);
        var grants = await Task.WhenAll(ids.Select(fixture.FindGrant));
        grants.ShouldAllBe(grant => grant!.Things.Count == 1);
    }

    [Fact]
    public async Task The_same_question_asked_at_once_is_answered_alike_and_recorded_once()
    {
        var item = A.Provisioning(A.CertificateId(), A.Name("SN"));

        var answers = await Task.WhenAll(Enumerable.Range(0, 6).Select(_ => Task.Run(() => fixture.Apply(item))));

        answers.Select(answer => answer.Grant!.Text()).Distinct().ShouldHaveSingleItem();
        (await fixture.Recorded(Registry.PrincipalStream(item.CertificateId))).Count.ShouldBe(1);
    }

    [Fact]
    public async Task News_of_the_issuance_and_the_provisioning_may_come_at_the_same_moment()
    {
        var ids = Enumerable.Range(0, 20).Select(_ => A.CertificateId()).ToArray();

        await Task.WhenAll(ids.SelectMany(id => (Task[])
        [
            Task.Run(() => RecordIssuedCertificates.Handle(new() { Items = [A.Issued(id)] }, fixture.Registry, Cancellation)),
            Task.Run(() => fixture.Apply(A.Provisioning(id, A.Name("SN")))),
        ]));

        foreach (var id in ids)
        {
            var principal = await fixture.Registry.ReadPrincipal(id, Cancellation);
            principal.Status.ShouldBe(PrincipalStatus.Active);
            principal.CertificatePem.ShouldNotBeNull();
            principal.Things.Count.ShouldBe(1);
        }
    }

    [Fact]
    public async Task Creators_of_one_document_at_once_share_the_policy()
    {
        var document = A.DocumentFor(A.Name("c"));
        var items = Enumerable.Range(0, 8).Select(_ => A.Provisioning(A.CertificateId(), A.Name("SN")) with { Policies = [new() { PolicyDocument = document }] }).ToArray();

        var answers = await Task.WhenAll(items.Select(item => Task.Run(() => fixture.Apply(item))));

        answers.ShouldAllBe(answer => answer.Refused == null);
        answers.Select(answer => answer.Grant!.Policies[0].PolicyName).Distinct().ShouldHaveSingleItem().ShouldBe(DocumentRules.NameOf(document));
        (await fixture.Recorded(Registry.PolicyStream(DocumentRules.NameOf(document)))).ShouldBe(["policy.created.v1"]);
    }

    [Theory]
    [InlineData(Reprovisioning.Keep, CertificateStatus.Active, 1, "Kept")]
    [InlineData(Reprovisioning.Replace, CertificateStatus.Inactive, 0, "Replaced")]
    public async Task A_device_that_comes_again_is_a_recorded_decision(Reprovisioning setting, CertificateStatus fate, int attachments, string decision)
    {
        var (old, @new, thing) = (A.CertificateId(), A.CertificateId(), A.Name("SN"));
        await fixture.Apply(A.Provisioning(old, thing));

        (await fixture.Apply(A.Provisioning(@new, thing) with { Reprovisioning = setting })).Refused.ShouldBeNull();

        var grant = (await fixture.FindGrant(old))!;
        grant.Status.ShouldBe(fate);
        grant.Things.Count.ShouldBe(attachments);
        (await fixture.FindGrant(@new))!.Status.ShouldBe(CertificateStatus.Active);
        var recorded = (await fixture.Store.FetchStreamAsync(Registry.ThingStream(thing), cancellation: Cancellation))[^1].Data.ShouldBeOfType<Things.ThingReprovisioned>();
        (recorded.Decision.ToString(), recorded.CertificateId, recorded.OldCertificateIds.ShouldHaveSingleItem()).ShouldBe((decision, @new, old));
        (await fixture.Registry.ReadThing(thing, Cancellation)).Certificates.Count.ShouldBe(attachments + 1);
    }

    [Fact]
    public async Task A_template_may_refuse_devices_that_come_again()
    {
        var (old, thing) = (A.CertificateId(), A.Name("SN"));
        await fixture.Apply(A.Provisioning(old, thing) with { Reprovisioning = Reprovisioning.Refuse });

        (await fixture.Apply(A.Provisioning(A.CertificateId(), thing) with { Reprovisioning = Reprovisioning.Refuse })).Refused!.Code.ShouldBe("already-provisioned");

        (await fixture.FindGrant(old))!.Status.ShouldBe(CertificateStatus.Active);
        (await fixture.Recorded(Registry.ThingStream(thing))).ShouldBe(["thing.registered.v1"]);
    }

    [Fact]
    public async Task What_is_refused_leaves_nothing()
    {
        var (id, thing, document) = (A.CertificateId(), A.Name("SN"), A.DocumentFor(A.Name("c")));

        var answer = await fixture.Apply(A.Provisioning(id, thing) with { Policies = [new() { PolicyDocument = document }, new() { PolicyName = A.Name("none") }] });

        answer.Refused!.Code.ShouldBe("resource-missing");
        (await fixture.Recorded(Registry.ThingStream(thing))).ShouldBeEmpty();
        (await fixture.Recorded(Registry.PrincipalStream(id))).ShouldBeEmpty();
        (await fixture.Recorded(Registry.PolicyStream(DocumentRules.NameOf(document)))).ShouldBeEmpty();
    }

    [Fact]
    public async Task Groups_give_their_policies_and_those_of_the_groups_around_them_for_their_thing()
    {
        var (root, leaf, policy, thing, id) = (A.Name("root"), A.Name("leaf"), A.Name("p"), A.Name("SN"), A.CertificateId());
        await fixture.CreatePolicy(policy);
        await Groups.CreateThingGroup.Handle(new() { ThingGroupName = root, RequestedBy = "test" }, fixture.Registry, new(), Cancellation);
        await Groups.CreateThingGroup.Handle(new() { ThingGroupName = leaf, ParentGroupName = root, RequestedBy = "test" }, fixture.Registry, new(), Cancellation);
        (await Policies.AttachPolicy.Handle(new() { PolicyName = policy, Target = new() { ThingGroupName = root }, RequestedBy = "test" }, fixture.Registry, Cancellation)).ShouldBeNull();

        var answer = await fixture.Apply(A.Provisioning(id) with { Thing = new() { ThingName = thing, ThingGroups = [leaf] } });

        var grant = answer.Grant!.Policies.ShouldHaveSingleItem();
        grant.PolicyName.ShouldBe(policy);
        grant.ThingName.ShouldBe(thing);
        (await fixture.FindGrant(id))!.Text().ShouldBe(answer.Grant.Text());
    }

    [Fact]
    public async Task Read_tables_rebuilt_from_the_events_are_the_tables_that_were_kept()
    {
        var (id, thing) = (A.CertificateId(), A.Name("SN"));
        await fixture.Apply(A.Provisioning(id, thing) with { Policies = [new() { PolicyDocument = A.DocumentFor(thing) }] });
        await Principals.RecordIssuedCertificates.Handle(new() { Items = [A.Issued(id)] }, fixture.Registry, Cancellation);
        var kept = (await fixture.FindGrant(id))!.Text();

        foreach (var projection in RegistryFixture.StoreOptions().InlineProjections)
            await fixture.Store.RebuildAsync(projection.Name, Cancellation);

        (await fixture.FindGrant(id))!.Text().ShouldBe(kept);
    }
}
