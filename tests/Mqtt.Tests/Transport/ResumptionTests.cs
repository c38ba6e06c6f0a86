using System.Diagnostics;
using System.Security.Cryptography.X509Certificates;

namespace FleetPlatform.Mqtt.Tests;

/// <summary>TLS session resumption, asked for by openssl, which says whether it was granted.</summary>
public class ResumptionTests
{
    [Theory]
    [InlineData("-tls1_2", false)]
    [InlineData("-tls1_3", false)]
    [InlineData("-tls1_2", true)]
    [InlineData("-tls1_3", true)]
    public async Task A_TLS_session_is_resumed_only_when_that_is_allowed(string version, bool allowed)
    {
        await using var test = await TestBroker.Start(tls: pki => new MqttTlsOptions { ServerCertificate = () => pki.Server, Limits = new() { AllowResume = allowed } });
        using var certificate = test.Pki.Issue("device");
        var folder = Directory.CreateTempSubdirectory("mqtt-tests-");
        try
        {
            await File.WriteAllTextAsync($"{folder}/cert.pem", certificate.ExportCertificatePem(), TestContext.Current.CancellationToken);
            await File.WriteAllTextAsync($"{folder}/key.pem", certificate.GetECDsaPrivateKey()!.ExportPkcs8PrivateKeyPem(), TestContext.Current.CancellationToken);
            string[] common = ["s_client", "-connect", $"127.0.0.1:{test.TlsPort}", version, "-cert", $"{folder}/cert.pem", "-key", $"{folder}/key.pem", "-ign_eof"];

            (await Connects([.. common, "-sess_out", $"{folder}/session"], test, 1)).ShouldContain("New, TLS");
            var session = File.Exists($"{folder}/session");
            string[] resuming = session ? [.. common, "-sess_in", $"{folder}/session"] : common;
            (await Connects(resuming, test, 2)).ShouldContain(allowed ? "Reused, TLS" : "New, TLS");

            // The gateway decides by this certificate, so a resumed connection must show it too.
            test.Policy.Attempts.ShouldAllBe(attempt => attempt.ClientCertificate.ToArray().SequenceEqual(certificate.RawData));
        }
        finally
        {
            folder.Delete(recursive: true);
        }
    }

    static async Task<string> Connects(string[] arguments, TestBroker test, int attempts)
    {
        using var openssl = Process.Start(new ProcessStartInfo("openssl", arguments) { RedirectStandardInput = true, RedirectStandardOutput = true, RedirectStandardError = true, UseShellExecute = false })!;
        var output = openssl.StandardOutput.ReadToEndAsync();
        var error = openssl.StandardError.ReadToEndAsync();
        var stream = openssl.StandardInput.BaseStream;
        await stream.WriteAsync(Hex.Bytes("10 0D 0004 4D515454 04 02 003C 0001 61"));
        await stream.FlushAsync();
        await Eventually.Is(() => test.Policy.Attempts.Count == attempts);
        await Eventually.Is(() => test.Broker.ClientCount == 1);
        await stream.WriteAsync(Hex.Bytes("E0 00"));
        await stream.FlushAsync();
        await openssl.WaitForExitAsync().WaitAsync(Eventually.Patience);
        await error;
        return await output;
    }
}
