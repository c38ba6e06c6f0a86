using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using FleetPlatform.Pki;
using FleetPlatform.TestKit;

namespace FleetPlatform.Stories;

/// <summary>An auditor outside, with the command and a device's certificate, and no credentials.</summary>
public sealed class TransparencyStories(Platform platform)
{
    [Fact]
    public async Task A_certificate_and_its_revocation_are_in_the_log_for_everybody()
    {
        var folder = Directory.CreateTempSubdirectory("stories-").FullName;
        var device = await platform.ProvisionsDevice("logged");
        await File.WriteAllTextAsync($"{folder}/device.pem", Pem.WriteCertificate(device.Certificate.RawData));
        string[] verify = ["log", "verify", "--certificate", $"{folder}/device.pem", "--seen", $"{folder}/seen"];

        await Eventually.Holds(async () => (await Run(verify)).Succeeded().Output.ShouldContain($"\"kind\":\"issued\",\"certificateId\":\"{device.CertificateId}\""));
        await platform.Operator.UpdateCertificate(device.CertificateId, "REVOKED", CancellationToken.None);
        await Eventually.Holds(async () =>
        {
            var audited = (await Run(verify)).Succeeded().Output;
            audited.ShouldContain("\"kind\":\"revoked\"");
            audited.ShouldContain("it has grown out of the one seen before");
        });

        using var key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        using var unknown = new CertificateRequest("CN=stranger", key, HashAlgorithmName.SHA256).CreateSelfSigned(DateTimeOffset.UnixEpoch, DateTimeOffset.UnixEpoch.AddYears(100));
        await File.WriteAllTextAsync($"{folder}/stranger.pem", unknown.ExportCertificatePem());
        var missing = await Run("log", "verify", "--certificate", $"{folder}/stranger.pem", "--seen", $"{folder}/seen");
        missing.ExitCode.ShouldBe(2);
        missing.Output.ShouldContain("is not in the log as issued");
        Directory.Delete(folder, recursive: true);
    }

    static Task<CommandResult> Run(params string[] arguments) =>
        Command.Run(Path.Combine(Repository.Root, "fleet"), arguments);
}
