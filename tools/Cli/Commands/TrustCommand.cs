using System.CommandLine;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using FleetPlatform.Cli.ControlPlane;
using Spectre.Console;

namespace FleetPlatform.Cli.Commands;

/// <summary><c>fleet trust</c>: own CAs, under which devices bring their certificates.</summary>
static class TrustCommand
{
    static readonly Argument<FileInfo> Certificate = new("ca-certificate") { Description = "The CA's certificate, PEM." };
    static readonly Argument<string> Id = new("id") { Description = "CA certificate id, 64 hex digits (./fleet trust list)." };
    static readonly Option<FileInfo> Key = new("--key") { Description = "The CA's key, PEM: proves possession here and now; it is not sent anywhere." };
    static readonly Option<FileInfo> Verification = new("--verification") { Description = "A verification certificate made elsewhere; its common name is the code that ./fleet trust code prints." };
    static readonly Option<bool> SniOnly = new("--sni-only") { Description = "Register without proof of possession (AWS mode SNI_ONLY)." };
    static readonly Option<string> Template = new("--template") { Description = "Template of type JITP that provisions the devices. Without one they wait, pending, for an operator." };
    static readonly Option<bool> Admit = new("--admit-first-connection") { Description = "Let the connection go on in which a device is provisioned, instead of ending it as AWS does." };

    public static Command Create() => new("trust", "Own CAs: devices with certificates signed under them are admitted.")
    {
        new Command("add", "Registers a CA, active, with auto-registration.") { Certificate, Key, Verification, SniOnly, Template, Admit }.Runs(Add),
        new Command("list", "The registered CAs.").Runs(List),
        new Command("show", "A CA, and the certificates that came under it.") { Id }.Runs(Show),
        new Command("activate", "Certificates under the CA may be registered again.") { Id }.Runs((parsed, _, client, cancellation) => Set(parsed, client, "ACTIVE", cancellation)),
        new Command("deactivate", "No new certificates under the CA; those registered keep working.") { Id }
            .Runs((parsed, _, client, cancellation) => Set(parsed, client, "INACTIVE", cancellation)),
        new Command("remove", "Deactivates and forgets a CA; certificates registered under it keep working.") { Id }.Runs(Remove),
        new Command("code", "Prints the registration code for verification certificates.").Runs(Code),
    };

    static async Task<int> Add(ParseResult parsed, FleetEndpoints endpoints, ControlPlaneClient controlPlane, CancellationToken cancellation)
    {
        var pem = await File.ReadAllTextAsync(parsed.GetValue(Certificate)!.FullName, cancellation);
        string? verification;
        if (parsed.GetValue(SniOnly)) verification = null;
        else if (parsed.GetValue(Verification) is { } made) verification = await File.ReadAllTextAsync(made.FullName, cancellation);
        else if (parsed.GetValue(Key) is { } key)
            verification = Prove(pem, await File.ReadAllTextAsync(key.FullName, cancellation), await controlPlane.GetRegistrationCode(cancellation));
        else throw new CommandFailedException("How is possession of the CA's key proved?", "Give --key, --verification, or --sni-only to go without.");

        var id = await controlPlane.RegisterCaCertificate(pem, verification, parsed.GetValue(Template), cancellation);
        if (parsed.GetValue(Admit)) await controlPlane.UpdateFirstConnection(id, admit: true, cancellation);
        AnsiConsole.MarkupLineInterpolated($"trusted {id}");
        return 0;
    }

    /// <summary>A certificate that only the CA's key can have signed, with the registration code for a name.</summary>
    public static string Prove(string caPem, string keyPem, string registrationCode)
    {
        try
        {
            using var ca = X509Certificate2.CreateFromPem(caPem, keyPem);
            using var key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
            var request = new CertificateRequest($"CN={registrationCode}", key, HashAlgorithmName.SHA256);
            using var rsa = ca.GetRSAPrivateKey();
            using var ec = ca.GetECDsaPrivateKey();
            var signer = rsa is not null ? X509SignatureGenerator.CreateForRSA(rsa, RSASignaturePadding.Pkcs1) : X509SignatureGenerator.CreateForECDsa(ec!);
            var now = TimeProvider.System.GetUtcNow();
            using var proof = request.Create(ca.SubjectName, signer, now.AddHours(-1), now.AddHours(1), RandomNumberGenerator.GetBytes(16));
            return proof.ExportCertificatePem();
        }
        catch (Exception wrong) when (wrong is CryptographicException or ArgumentException)
        {
            throw new CommandFailedException($"The CA's certificate and key cannot be used: {wrong.Message}", "Both are PEM, the key without a passphrase, EC or RSA.");
        }
    }

    static async Task<int> List(ParseResult parsed, FleetEndpoints endpoints, ControlPlaneClient controlPlane, CancellationToken cancellation)
    {
        foreach (var (id, status) in await controlPlane.ListCaCertificates(cancellation)) AnsiConsole.MarkupLineInterpolated($"{id} {status}");
        return 0;
    }

    static async Task<int> Show(ParseResult parsed, FleetEndpoints endpoints, ControlPlaneClient controlPlane, CancellationToken cancellation)
    {
        var id = parsed.GetValue(Id)!;
        var answer = await controlPlane.DescribeCaCertificate(id, cancellation);
        var ca = answer["certificateDescription"]!;
        using var certificate = X509CertificateLoader.LoadCertificate(Pki.Pem.ReadCertificate(ca["certificatePem"]!.GetValue<string>()));
        AnsiConsole.MarkupLineInterpolated($"subject            {certificate.Subject}");
        AnsiConsole.MarkupLineInterpolated($"status             {ca["status"]!.GetValue<string>()}, mode {ca["certificateMode"]!.GetValue<string>()}");
        AnsiConsole.MarkupLineInterpolated($"auto-registration  {ca["autoRegistrationStatus"]!.GetValue<string>()}");
        AnsiConsole.MarkupLineInterpolated($"template           {answer["registrationConfig"]?["templateName"]?.GetValue<string>() ?? "none"}");
        AnsiConsole.MarkupLineInterpolated($"first connection   {(answer["admitsAtFirstConnection"]!.GetValue<bool>() ? "admitted" : "ends")}");
        foreach (var (device, status) in await controlPlane.ListCertificatesByCa(id, cancellation)) AnsiConsole.MarkupLineInterpolated($"{device} {status}");
        return 0;
    }

    static async Task<int> Set(ParseResult parsed, ControlPlaneClient controlPlane, string status, CancellationToken cancellation)
    {
        await controlPlane.UpdateCaCertificate(parsed.GetValue(Id)!, status, cancellation);
        return 0;
    }

    static async Task<int> Remove(ParseResult parsed, FleetEndpoints endpoints, ControlPlaneClient controlPlane, CancellationToken cancellation)
    {
        await controlPlane.UpdateCaCertificate(parsed.GetValue(Id)!, "INACTIVE", cancellation);
        await controlPlane.DeleteCaCertificate(parsed.GetValue(Id)!, cancellation);
        return 0;
    }

    static async Task<int> Code(ParseResult parsed, FleetEndpoints endpoints, ControlPlaneClient controlPlane, CancellationToken cancellation)
    {
        AnsiConsole.WriteLine(await controlPlane.GetRegistrationCode(cancellation));
        return 0;
    }
}
