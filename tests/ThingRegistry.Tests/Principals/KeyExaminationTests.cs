using FleetPlatform.Pki;
using FleetPlatform.ThingRegistry.Principals;

namespace FleetPlatform.ThingRegistry;

/// <summary>Keys of certificates that somebody else has signed. Peers 3.2 case 32.</summary>
public sealed class KeyExaminationTests
{
    static readonly string Pem = A.CertificatePem();

    [Fact]
    public void The_next_certificate_of_a_device_may_have_its_key_and_another_devices_may_not()
    {
        var certificate = CertificateText.ReadPem(Pem);
        var another = CertificateText.ReadPem(Named("CN=other"));

        KeyExamination.Decide(certificate, [], []).ShouldBeNull();
        KeyExamination.Decide(certificate, [], [Registered(PrincipalStatus.Active)]).ShouldBeNull("the same subject: the device has renewed elsewhere");
        KeyExamination.Decide(another, [], [Registered(PrincipalStatus.Active)])!.Code.ShouldBe(Reasons.KeyShared.Code);
        KeyExamination.Decide(another, [], [Registered(PrincipalStatus.Revoked)]).ShouldBeNull("the other one is gone");
        KeyExamination.Decide(another, [], [Registered(PrincipalStatus.Inactive)]).ShouldBeNull();
        KeyExamination.Decide(certificate, [Thing("a")], [Registered(PrincipalStatus.Active, "a")]).ShouldBeNull("two certificates of one thing");
        KeyExamination.Decide(certificate, [Thing("a")], [Registered(PrincipalStatus.Active, "b")])!.Code.ShouldBe(Reasons.KeyShared.Code, "clones whose firmware names them all alike");
    }

    static Principal Registered(PrincipalStatus status, params string[] things) =>
        Principal.Initial with { Status = status, CertificatePem = Pem, Things = [.. things.Select(Thing)] };

    static AttachedThing Thing(string name) => new(name, Guid.Empty, Exclusive: false);

    static string Named(string subject)
    {
        using var key = System.Security.Cryptography.ECDsa.Create(System.Security.Cryptography.ECCurve.NamedCurves.nistP256);
        using var certificate = new System.Security.Cryptography.X509Certificates.CertificateRequest(subject, key, System.Security.Cryptography.HashAlgorithmName.SHA256)
            .CreateSelfSigned(A.Noon.AddDays(-1), A.Noon.AddYears(1));
        return certificate.ExportCertificatePem() + "\n";
    }
}
