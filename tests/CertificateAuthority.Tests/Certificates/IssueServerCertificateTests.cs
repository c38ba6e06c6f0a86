using FleetPlatform.CertificateAuthority.Certificates;
using FleetPlatform.Pki;

namespace FleetPlatform.CertificateAuthority.Tests.Certificates;

public sealed class IssueServerCertificateTests
{
    [Fact]
    public async Task A_listener_gets_a_certificate_with_its_names()
    {
        await using var authority = await TestAuthority.Start();

        var (der, _, refusal) = await authority.IssueServer.Handle(new() { CertificateSigningRequest = TestAuthority.ACsr("localhost"), Names = ["localhost", "127.0.0.1"] }, default);

        refusal.ShouldBeNull();
        var certificate = CertificateText.Read(der);
        certificate.DnsNames.ShouldBe(["localhost"]);
        certificate.ExtendedKeyUsages.ShouldBe([Oids.ServerAuthentication]);
        certificate.IsSignedBy(authority.Ring.Active.Signer.Certificate).ShouldBeTrue();
        (await authority.Store.FetchStreamAsync(Certificate.StreamOf(CertificateId.Of(der)))).Single().Data
            .ShouldBeOfType<CertificateSigned>().Profile.ShouldBe("server");
        (await authority.IssueServer.Handle(new() { CertificateSigningRequest = "bad", Names = ["x"] }, default)).Refusal!.Code.ShouldBe("invalid-csr");
    }

    [Fact]
    public void Names_are_host_names_or_addresses()
    {
        IssueServerCertificate.Check(["mqtt.example", "::1", "10.0.0.1"]).ShouldBeNull();
        foreach (var names in (string[][])[[], ["*.example"], ["a b"], ["x\n"], [""], [.. Enumerable.Repeat("a", 33)]])
            IssueServerCertificate.Check(names)!.Code.ShouldBe("invalid-request");
    }
}
