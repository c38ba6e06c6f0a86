using System.Security.Cryptography.X509Certificates;
using System.Text.Json.Nodes;
using FleetPlatform.Cli.Commands;
using FleetPlatform.Pki;

namespace FleetPlatform.Stories;

/// <summary>Another issuing authority under the platform's root, made as an operator makes it.</summary>
static class RollOver
{
    /// <summary>From now on it signs. Whoever calls this assigns signing back to <c>issuing-1</c>.</summary>
    /// <param name="issued">A certificate of the old one: where it says its lists are, the new one's are too.</param>
    /// <returns>Its id, and its certificate in PEM.</returns>
    public static async Task<(string Id, string Certificate)> To(Platform platform, string commonName, X509Certificate2 issued)
    {
        var data = Path.Combine(platform.Fleet.Directory, "certificate-authority");
        var passphrase = JsonNode.Parse(await File.ReadAllTextAsync(Path.Combine(platform.Fleet.Directory, "secrets.json")))!
            ["certificate-authority-passphrase"]!.GetValue<string>();
        var requested = await platform.Operator.RequestIssuer(commonName, "EcdsaP384", tokenUri: null, CancellationToken.None);
        var id = requested["issuerId"]!.GetValue<string>();
        var certificate = Ceremony.Sign(await File.ReadAllTextAsync(Path.Combine(data, "root-ca.pem")), Path.Combine(data, "offline", "root-key.pem"), passphrase,
            requested["signingRequestPem"]!.GetValue<string>(), TimeSpan.FromDays(3650), pathLength: 0, constraints: null,
            new Uri(CertificateText.Read(issued.RawData).RevocationListUrl!).GetLeftPart(UriPartial.Authority), TimeProvider.System.GetUtcNow());
        await platform.Operator.InstallIssuer(id, certificate, [], CancellationToken.None);
        await platform.Operator.AssignSigning(id, [], CancellationToken.None);
        return (id, certificate);
    }
}
