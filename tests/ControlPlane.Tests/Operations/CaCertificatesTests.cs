using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using System.Text.Json;
using FleetPlatform.Contracts.CertificateAuthority;

namespace FleetPlatform.ControlPlane.Operations;

public sealed class CaCertificatesTests(Platform platform) : IClassFixture<Platform>
{
    const string First = "attempt=1; max=3";
    const string Second = "attempt=2; max=3";
    static readonly object[] Tags = [new { Key = "plant", Value = "Berlin" }];

    /// <summary>What an SDK sends; the same again is its next attempt.</summary>
    sealed record Registration(string Pem, string Flags = "setAsActive=true&allowAutoRegistration=true", string Mode = "SNI_ONLY", string Role = "arn:aws:iam::123456789012:role/r")
    {
        public string Path => $"/cacertificate?{Flags}";

        public string Body => JsonSerializer.Serialize(new { caCertificate = Pem, certificateMode = Mode, registrationConfig = new { roleArn = Role }, tags = Tags });
    }

    [Fact]
    public async Task An_sdk_that_asks_again_has_its_ca_tagged_when_that_failed_the_first_time()
    {
        var registration = new Registration(AuthorityPem());
        platform.Others.TaggingFails = 1;
        (await Send(registration, First)).Status.ShouldBe(503);
        Tagged(registration).ShouldBe(0);

        var answer = await Send(registration, Second);

        answer.Status.ShouldBe(200);
        answer.Body["certificateId"]!.GetValue<string>().ShouldBe(IdOf(registration));
        Tagged(registration).ShouldBe(1);
        (await Send(registration, Second)).Status.ShouldBe(200); // its answer was lost
    }

    [Fact]
    public async Task Whoever_asks_anew_is_told_that_it_is_registered()
    {
        var registration = new Registration(AuthorityPem());
        (await Send(registration, First)).Status.ShouldBe(200);

        var answer = await Send(registration, First);

        (answer.Status, answer.Exception).ShouldBe((409, "ResourceAlreadyExistsException"));
        answer.Body["resourceId"]!.GetValue<string>().ShouldBe(IdOf(registration));
    }

    [Fact]
    public async Task A_registration_that_says_something_else_is_not_taken_for_the_same()
    {
        var registration = new Registration(AuthorityPem());
        (await Send(registration, First)).Status.ShouldBe(200);

        Registration[] others =
        [
            registration with { Flags = "setAsActive=true" }, registration with { Flags = "allowAutoRegistration=true" },
            registration with { Mode = "DEFAULT" }, registration with { Role = "arn:aws:iam::123456789012:role/other" },
        ];
        foreach (var other in others) (await Send(other, Second)).Status.ShouldBe(409, other.ToString());

        var id = IdOf(registration);
        platform.Others.Authorities[id] = platform.Others.Authorities[id] with { CustomerVersion = 2 }; // somebody has changed it since
        (await Send(registration, Second)).Status.ShouldBe(409);
        Tagged(registration).ShouldBe(1);
    }

    Task<Platform.Answer> Send(Registration registration, string attempt) =>
        platform.Send(new Operator().Sign(HttpMethod.Post, platform.Host, registration.Path, registration.Body, ("amz-sdk-request", attempt)));

    int Tagged(Registration registration) =>
        platform.Others.Heard<TagResource>().Count(tagged => tagged.Resource.Name == $"cacert/{IdOf(registration)}" && tagged.Tags is [{ Key: "plant", Value: "Berlin" }]);

    static string IdOf(Registration registration) => Pki.CertificateId.Of(Pki.Pem.ReadCertificate(registration.Pem));

    static string AuthorityPem()
    {
        using var key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        var request = new CertificateRequest($"CN=CA {Guid.CreateVersion7():N}", key, HashAlgorithmName.SHA256);
        request.CertificateExtensions.Add(new X509BasicConstraintsExtension(certificateAuthority: true, false, 0, critical: true));
        using var certificate = request.CreateSelfSigned(DateTimeOffset.UnixEpoch, DateTimeOffset.UnixEpoch.AddYears(100));
        return certificate.ExportCertificatePem() + "\n";
    }
}
