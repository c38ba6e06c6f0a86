using FleetPlatform.Pki;
using FleetPlatform.TestKit;

namespace FleetPlatform.Stories;

/// <summary>An auditor outside, with openssl and nothing but what the certificates themselves say.</summary>
static class Openssl
{
    /// <summary>Follows a device's certificate to its list, the list of the root above, and the responder.</summary>
    /// <param name="status">What the responder says: good or revoked.</param>
    /// <param name="listed">Whether it is on its list.</param>
    public static async Task Finds(ProvisionedDevice device, string status, bool listed)
    {
        var list = CertificateText.Read(device.Certificate.RawData).RevocationListUrl.ShouldNotBeNull();
        var issuer = list[..list.LastIndexOf('/')];
        var folder = Directory.CreateTempSubdirectory("stories-").FullName;
        using var http = new HttpClient();
        var chain = await http.GetStringAsync($"{issuer}/chain.pem");
        const string end = "-----END CERTIFICATE-----\n";
        var issuing = CertificateText.ReadPem(chain.AsSpan(0, chain.IndexOf(end, StringComparison.Ordinal) + end.Length));
        var rootList = issuing.RevocationListUrl.ShouldNotBeNull("the authority says where its root's list is");
        await File.WriteAllTextAsync($"{folder}/chain.pem", chain);
        await File.WriteAllTextAsync($"{folder}/list.pem", await http.GetStringAsync(Path.ChangeExtension(list, ".pem")));
        await File.WriteAllTextAsync($"{folder}/root-list.pem", await http.GetStringAsync(Path.ChangeExtension(rootList, ".pem")));
        await File.WriteAllTextAsync($"{folder}/device.pem", device.Certificate.ExportCertificatePem());

        var verify = await Command.Run("openssl",
            ["verify", "-crl_check_all", "-x509_strict", "-CRLfile", $"{folder}/list.pem", "-CRLfile", $"{folder}/root-list.pem", "-CAfile", $"{folder}/chain.pem", $"{folder}/device.pem"]);
        verify.Errors.Contains("certificate revoked", StringComparison.Ordinal).ShouldBe(listed, verify.Errors);
        (verify.ExitCode == 0).ShouldBe(!listed, verify.Errors);
        foreach (var nonce in (string[])["-nonce", "-no_nonce"]) // signed fresh, and signed once for everybody
        {
            var ocsp = await Command.Run("openssl",
                ["ocsp", nonce, "-issuer", $"{folder}/chain.pem", "-cert", $"{folder}/device.pem", "-url", $"{issuer[..issuer.LastIndexOf('/')]}/ocsp", "-CAfile", $"{folder}/chain.pem"]);
            ocsp.Errors.ShouldContain("Response verify OK");
            ocsp.Output.ShouldContain($"device.pem: {status}");
        }

        Directory.Delete(folder, recursive: true);
    }
}
