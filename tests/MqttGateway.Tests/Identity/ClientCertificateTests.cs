using FleetPlatform.MqttGateway.Identity;
using FleetPlatform.MqttGateway.Tests.Kit;

namespace FleetPlatform.MqttGateway.Tests.Identity;

public sealed class ClientCertificateTests // peers 3.2 case 8
{
    [Fact]
    public void A_client_certificate_is_known_by_the_hash_of_its_bytes()
    {
        var made = TestAuthority.Client();
        var (certificate, refused) = ClientCertificate.Read(made.Certificate.RawData);
        refused.ShouldBeNull();
        certificate!.Id.ShouldBe(Convert.ToHexStringLower(System.Security.Cryptography.SHA256.HashData(made.Certificate.RawData)));
    }

    [Fact]
    public void Without_extended_key_usage_every_use_is_allowed() =>
        ClientCertificate.Read(TestAuthority.Client(purpose: null).Certificate.RawData).Refused.ShouldBeNull();

    [Fact]
    public void A_servers_certificate_is_no_device() =>
        ClientCertificate.Read(TestAuthority.Client(purpose: TestAuthority.ServerAuthentication).Certificate.RawData).Refused!.Code.ShouldBe("certificate-usage");

    [Fact]
    public void An_authoritys_certificate_is_no_device() =>
        ClientCertificate.Read(TestAuthority.Client(isAuthority: true).Certificate.RawData).Refused!.Code.ShouldBe("certificate-usage");

    /// <summary>Peers 3.2 case 36: a refusal says what time it is here.</summary>
    [Fact]
    public void Dates_decide()
    {
        var now = DateTimeOffset.UtcNow;
        var certificate = ClientCertificate.Read(TestAuthority.Client().Certificate.RawData).Certificate!;
        certificate.FindFault(now).ShouldBeNull();
        certificate.FindFault(certificate.NotBefore.AddSeconds(-1))!.Code.ShouldBe("certificate-not-yet-valid");
        var late = certificate.NotAfter.AddSeconds(1);
        var refused = certificate.FindFault(late)!;
        refused.Code.ShouldBe("certificate-expired");
        refused.Detail.ShouldContain($"{late:u}");
    }

    [Fact]
    public void Damage_is_refused_or_another_certificate()
    {
        var made = TestAuthority.Client().Certificate.RawData;
        var random = new Random(4);
        for (var round = 0; round < 3000; round++)
        {
            var bytes = made.ToArray();
            bytes[random.Next(bytes.Length)] ^= (byte)(1 << random.Next(8));
            var (certificate, refused) = ClientCertificate.Read(bytes.AsMemory(0, random.Next(bytes.Length + 1)));
            (certificate is null).ShouldBe(refused is not null);
        }
    }
}
