using FleetPlatform.Contracts.Revocation;
using FleetPlatform.Pki;
using FleetPlatform.ThingRegistry.Policies;
using FleetPlatform.ThingRegistry.Things;
using Command = FleetPlatform.Contracts.ThingRegistry.RegisterCertificate;

namespace FleetPlatform.ThingRegistry.Principals;

public sealed class PrincipalStoreTests(RegistryFixture fixture) : IClassFixture<RegistryFixture>
{
    static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    [Fact]
    public async Task News_that_comes_twice_registers_once_and_pending()
    {
        var ids = Enumerable.Range(0, 20).Select(_ => A.CertificateId()).ToArray();
        var news = new Contracts.CertificateAuthority.CertificatesIssued { Items = [.. ids.Select(id => A.Issued(id))] };

        await RecordIssuedCertificates.Handle(news, fixture.Registry, Cancellation);
        await RecordIssuedCertificates.Handle(news, fixture.Registry, Cancellation);

        foreach (var id in ids)
        {
            (await fixture.Recorded(Registry.PrincipalStream(id))).ShouldBe(["principal.registered.v1"]);
            (await fixture.FindGrant(id))!.Status.ShouldBe(CertificateStatus.PendingActivation);
        }
    }

    [Fact]
    public async Task Nobody_claims_it_for_an_hour_and_it_is_gone()
    {
        var (unclaimed, claimed) = (A.CertificateId(), A.CertificateId());
        await RecordIssuedCertificates.Handle(new() { Items = [A.Issued(unclaimed, fixture.Clock.GetUtcNow()), A.Issued(claimed, fixture.Clock.GetUtcNow())] }, fixture.Registry, Cancellation);
        await fixture.Apply(A.Provisioning(claimed, A.Name("SN")));

        fixture.Clock.Advance(TimeSpan.FromMinutes(59));
        await ExpirePrincipals.Handle(fixture.Registry, new(), Cancellation);
        (await fixture.FindGrant(unclaimed)).ShouldNotBeNull();
        fixture.Clock.Advance(TimeSpan.FromMinutes(2));
        await ExpirePrincipals.Handle(fixture.Registry, new(), Cancellation);

        (await fixture.FindGrant(unclaimed)).ShouldBeNull();
        (await fixture.FindGrant(claimed)).ShouldNotBeNull();
        (await fixture.Apply(A.Provisioning(unclaimed, A.Name("SN")))).Refused!.Code.ShouldBe("certificate-not-pending");
    }

    [Fact]
    public async Task A_revocation_stands_even_when_it_overtakes_the_news_of_the_issuance()
    {
        var id = A.CertificateId();
        await RecordTrustChange.Handle(new() { Items = [A.TrustChange(id, RevocationReason.KeyCompromise)] }, fixture.Registry, Cancellation);
        await RecordIssuedCertificates.Handle(new() { Items = [A.Issued(id)] }, fixture.Registry, Cancellation);

        (await fixture.FindGrant(id))!.Status.ShouldBe(CertificateStatus.Revoked);
        (await fixture.Apply(A.Provisioning(id, A.Name("SN")))).Refused!.Code.ShouldBe("certificate-not-pending");
    }

    [Fact]
    public async Task A_hold_makes_a_certificate_inactive_until_it_is_lifted_and_nobody_else_may_activate_it()
    {
        var id = A.CertificateId();
        await fixture.Apply(A.Provisioning(id, A.Name("SN")));
        await RecordTrustChange.Handle(new() { Items = [A.TrustChange(id, RevocationReason.CertificateHold)] }, fixture.Registry, Cancellation);

        (await fixture.FindGrant(id))!.Status.ShouldBe(CertificateStatus.Inactive);
        (await ChangeCertificateStatus.Handle(
            new() { CertificateId = id, Status = CertificateStatus.Active, RequestedBy = "test" }, fixture.Registry, Cancellation)).Refusal!.Code.ShouldBe("certificate-state");

        await RecordTrustChange.Handle(new() { Items = [A.TrustChange(id, reason: null, version: 2)] }, fixture.Registry, Cancellation);
        (await fixture.FindGrant(id))!.Status.ShouldBe(CertificateStatus.Active);
    }

    [Fact]
    public async Task A_temporary_claim_may_provision_with_its_template_only_is_not_listed_and_ends()
    {
        var (id, written) = await Register(A.Registration(A.CertificatePem(), claimFor: "birth"));
        written.Refusal.ShouldBeNull();

        var grant = (await fixture.FindGrant(id))!;
        grant.ExpiresAt.ShouldBe(fixture.Clock.GetUtcNow().AddMinutes(5));
        var policy = grant.Policies.ShouldHaveSingleItem();
        policy.Document.ShouldContain("topic/$aws/provisioning-templates/birth/provision/*");
        FleetPlatform.Policy.PolicyDocument.Compile(policy.Document).ShouldNotBeNull();
        (await ListCertificates.Handle(new() { Page = new() { Limit = 250 } }, fixture.Registry.Database, Cancellation)).Items.ShouldNotContain(item => item.CertificateId == id);

        fixture.Clock.Advance(TimeSpan.FromMinutes(6));
        await ExpirePrincipals.Handle(fixture.Registry, new(), Cancellation);
        (await fixture.FindGrant(id)).ShouldBeNull();
    }

    [Fact]
    public async Task A_certificate_is_registered_once_and_only_if_it_is_one()
    {
        var pem = A.CertificatePem();
        var (id, first) = await Register(A.Registration(pem));
        first.Refusal.ShouldBeNull();
        id.ShouldBe(CertificateId.Of(Pem.ReadCertificate(pem)));
        (await Register(A.Registration(pem))).Written.Refusal!.Code.ShouldBe("already-exists");
        (await Register(A.Registration("not a certificate"))).Written.Refusal!.Code.ShouldBe("certificate-invalid");
        (await Register(A.Registration(A.CertificatePem(authority: true)))).Written.Refusal!.Code.ShouldBe("certificate-invalid");
        (await Register(A.Registration(A.CertificatePem(notAfter: A.Noon.AddDays(-1))))).Written.Refusal!.Code.ShouldBe("certificate-invalid");
        (await Register(A.Registration(A.CertificatePem(), CertificateStatus.PendingActivation))).Written.Refusal!.Code.ShouldBe("certificate-state");
    }

    [Fact]
    public async Task A_revoked_certificate_does_not_come_back_by_deleting_and_registering_it()
    {
        var pem = A.CertificatePem();
        var (id, _) = await Register(A.Registration(pem));
        await Set(id, CertificateStatus.Revoked);
        (await Delete(id)).ShouldBeNull();

        (await Register(A.Registration(pem))).Written.Refusal!.Code.ShouldBe("certificate-state");
    }

    [Fact]
    public async Task A_certificate_is_deleted_only_when_nothing_holds_it()
    {
        var (id, _) = await Register(A.Registration(A.CertificatePem()));
        var (thing, policy) = (A.Name("SN"), A.Name("p"));
        await fixture.CreatePolicy(policy);
        await Things.CreateThing.Handle(A.Thing(thing), fixture.Registry, Cancellation);
        (await Policies.AttachPolicy.Handle(new() { PolicyName = policy, Target = new() { CertificateId = id }, RequestedBy = "test" }, fixture.Registry, Cancellation)).ShouldBeNull();
        (await Things.AttachThingPrincipal.Handle(new() { ThingName = thing, CertificateId = id, RequestedBy = "test" }, fixture.Registry, Cancellation)).ShouldBeNull();

        (await Delete(id)).ShouldBe("certificate-state");
        await Set(id, CertificateStatus.Inactive);
        (await Delete(id, force: true)).ShouldBe("delete-conflict");
        (await Things.DetachThingPrincipal.Handle(new() { ThingName = thing, CertificateId = id, RequestedBy = "test" }, fixture.Registry, Cancellation)).ShouldBeNull();
        (await Delete(id)).ShouldBe("delete-conflict");
        (await Delete(id, force: true)).ShouldBeNull();
        (await fixture.FindGrant(id)).ShouldBeNull();
    }

    [Fact]
    public async Task Certificates_are_listed_in_order_of_registration_without_gap_or_repeat()
    {
        var mine = new List<string>();
        for (var i = 0; i < 7; i++)
        {
            fixture.Clock.Advance(TimeSpan.FromMilliseconds(1));
            mine.Add((await Register(A.Registration(A.CertificatePem()))).Id);
        }

        foreach (var descending in (bool[])[false, true])
        {
            var seen = new List<string>();
            string? after = null;
            do
            {
                var page = await ListCertificates.Handle(new() { Page = new() { After = after, Limit = 2, Descending = descending } }, fixture.Registry.Database, Cancellation);
                page.Items.Count.ShouldBeLessThanOrEqualTo(2);
                seen.AddRange(page.Items.Select(item => item.CertificateId));
                after = page.Next;
            }
            while (after is not null);

            seen.Distinct().Count().ShouldBe(seen.Count);
            seen.Where(mine.Contains).ShouldBe(descending ? mine.AsEnumerable().Reverse() : mine);
        }

        ListCertificates.IsKey("nonsense").ShouldBeFalse();
    }

    async Task<(string Id, Written<Principal, PrincipalEvent> Written)> Register(Command command) =>
        await Principals.RegisterCertificate.Handle(command, fixture.Registry, new(), Cancellation);

    async Task Set(string id, CertificateStatus status) =>
        await ChangeCertificateStatus.Handle(new() { CertificateId = id, Status = status, RequestedBy = "test" }, fixture.Registry, Cancellation);

    async Task<string?> Delete(string id, bool force = false) =>
        (await DeleteCertificate.Handle(new() { CertificateId = id, Force = force, RequestedBy = "test" }, fixture.Registry, Cancellation)).Refusal?.Code;
}
