using FleetPlatform.Contracts.Revocation;
using FleetPlatform.Pki;

namespace FleetPlatform.ThingRegistry.Principals;

/// <summary>Certificates of registered authorities, at their first connection.</summary>
public sealed class AdmitCertificateTests(RegistryFixture fixture) : IClassFixture<RegistryFixture>
{
    static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    [Fact]
    public async Task A_first_connection_is_recorded_once_and_pending_with_its_authority()
    {
        var (der, id) = ACertificate();
        var ca = A.CertificateId();

        var first = await Admit(der, ca);
        var second = await Admit(der, ca);

        first.Grant!.Status.ShouldBe(CertificateStatus.PendingActivation);
        first.Grant.CaCertificateId.ShouldBe(ca);
        first.Grant.Mode.ShouldBe(CertificateMode.SniOnly);
        second.Grant!.Version.ShouldBe(first.Grant.Version);
        (await fixture.Recorded(Registry.PrincipalStream(id))).ShouldBe(["principal.registered.v1"]);
        var described = (await fixture.Registry.ReadPrincipal(id, Cancellation)).Describe(id);
        described.CaCertificateId.ShouldBe(ca);
        Pem.ReadCertificate(described.CertificatePem).ShouldBe(der);
    }

    [Fact]
    public async Task It_waits_for_an_operator_as_long_as_it_takes()
    {
        var (der, id) = ACertificate();
        await Admit(der, A.CertificateId());

        fixture.Clock.Advance(TimeSpan.FromDays(2));
        await ExpirePrincipals.Handle(fixture.Registry, new(), Cancellation);

        (await fixture.FindGrant(id))!.Status.ShouldBe(CertificateStatus.PendingActivation);
    }

    [Fact]
    public async Task Its_template_makes_it_active_and_it_keeps_its_authority()
    {
        var (der, id) = ACertificate();
        var ca = A.CertificateId();
        await Admit(der, ca);

        (await fixture.Apply(A.Provisioning(id, A.Name("SN")))).Grant!.CaCertificateId.ShouldBe(ca);
        (await fixture.FindGrant(id))!.CaCertificateId.ShouldBe(ca);
        (await Admit(der, ca)).Grant!.Status.ShouldBe(CertificateStatus.Active);
    }

    [Fact]
    public async Task A_revoked_certificate_does_not_come_back_this_way()
    {
        var (der, id) = ACertificate();
        await RecordTrustChange.Handle(new() { Items = [A.TrustChange(id, RevocationReason.KeyCompromise)] }, fixture.Registry, Cancellation);
        (await Admit(der, A.CertificateId())).Refused!.Code.ShouldBe("certificate-not-active");
    }

    [Fact]
    public async Task An_operator_brings_no_authority_and_nothing_that_has_expired()
    {
        (await Admit(Pem.ReadCertificate(A.CertificatePem(authority: true)), A.CertificateId())).Refused!.Code.ShouldBe("certificate-invalid");
        (await Admit(Pem.ReadCertificate(A.CertificatePem(notAfter: A.Noon.AddSeconds(-1))), A.CertificateId())).Refused!.Code.ShouldBe("certificate-invalid");
    }

    [Fact]
    public async Task Certificates_are_listed_by_their_authority()
    {
        var (ca, other) = (A.CertificateId(), A.CertificateId());
        var ids = new List<string>();
        for (var i = 0; i < 3; i++)
        {
            var (der, id) = ACertificate();
            await Admit(der, ca);
            ids.Add(id);
            fixture.Clock.Advance(TimeSpan.FromSeconds(1));
        }

        await Admit(ACertificate().Der, other);

        var first = await ListCertificates.Handle(new() { Page = new() { Limit = 2 }, CaCertificateId = ca }, fixture.Registry.Database, Cancellation);
        var rest = await ListCertificates.Handle(new() { Page = new() { Limit = 2, After = first.Next }, CaCertificateId = ca }, fixture.Registry.Database, Cancellation);
        first.Items.Concat(rest.Items).Select(item => item.CertificateId).ShouldBe(ids);
        rest.Next.ShouldBeNull();
        first.Items.ShouldAllBe(item => item.CaCertificateId == ca && item.Mode == CertificateMode.SniOnly);
    }

    Task<AdmitCertificateAnswer> Admit(byte[] der, string ca) => AdmitCertificate.Handle(
        new() { Certificate = der, CaCertificateId = ca, Mode = CertificateMode.SniOnly }, fixture.Registry, fixture.Grants, Cancellation);

    static (byte[] Der, string Id) ACertificate() => Pem.ReadCertificate(A.CertificatePem()) is var der ? (der, CertificateId.Of(der)) : default;
}
