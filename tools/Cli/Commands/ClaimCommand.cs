using System.CommandLine;
using FleetPlatform.Cli.ControlPlane;
using Spectre.Console;

namespace FleetPlatform.Cli.Commands;

/// <summary><c>fleet claim</c>: everything a factory needs to flash: a claim certificate that may provision with one template.</summary>
static class ClaimCommand
{
    static readonly Option<string> Template = new("--template") { Description = "The template the claim may provision with.", Required = true };
    static readonly Option<string> Output = new("--output") { Description = "Folder for claim.pem, claim.key and root-ca.pem.", Required = true };

    const string Key = "claim.key";

    public static Command Create() =>
        ClaimBudgetCommands.AddTo(new Command("claim", "Makes a claim certificate for a template, and looks after claims.") { Template, Output, Temporary }.Runs(Run));

    static readonly Option<bool> Temporary = new("--temporary") { Description = "A trusted user's claim: it stops working after five minutes." };

    static async Task<int> Run(ParseResult parsed, FleetEndpoints endpoints, ControlPlaneClient controlPlane, CancellationToken cancellation)
    {
        var template = parsed.GetValue(Template)!;
        var folder = Directory.CreateDirectory(parsed.GetValue(Output)!).FullName;
        // The key is nowhere else, and a batch may have been flashed with it.
        if (File.Exists(Path.Combine(folder, Key))) throw new CommandFailedException($"{Path.Combine(folder, Key)} is there already.", "Give another folder with --output.");
        await controlPlane.DescribeTemplate(template, cancellation); // a misspelt name would be found when the first box is switched on
        var claim = parsed.GetValue(Temporary)
            ? await controlPlane.CreateProvisioningClaim(template, cancellation)
            : await Make(template, template, controlPlane, cancellation);
        File.WriteAllText(Path.Combine(folder, "claim.pem"), claim.CertificatePem);
        WritePrivate(Path.Combine(folder, Key), claim.PrivateKeyPem);
        File.Copy(endpoints.RootCa, Path.Combine(folder, "root-ca.pem"), overwrite: true);
        AnsiConsole.MarkupLineInterpolated($"claim {claim.CertificateId} in {folder}");
        return 0;
    }

    /// <summary>Makes a claim policy (once) and an active certificate that has it.</summary>
    /// <param name="name">First part of the policy's name.</param>
    /// <param name="template">The template it may provision with; <c>*</c> for any.</param>
    /// <param name="controlPlane">Who makes it.</param>
    /// <param name="cancellation">Gives up waiting.</param>
    public static async Task<CreatedCertificate> Make(string name, string template, ControlPlaneClient controlPlane, CancellationToken cancellation)
    {
        var policy = $"{name}-claim";
        await controlPlane.CreatePolicy(policy, ExamplePolicies.Claim(template, controlPlane.Arns), cancellation);
        var claim = await controlPlane.CreateKeysAndCertificate(cancellation);
        await controlPlane.AttachPolicy(policy, claim.Arn, cancellation);
        return claim;
    }

    // Created with owner-only permission, never first written and then narrowed.
    static void WritePrivate(string path, string text)
    {
        using var stream = new FileStream(path, new FileStreamOptions
        {
            Mode = FileMode.CreateNew,
            Access = FileAccess.Write,
            UnixCreateMode = UnixFileMode.UserRead | UnixFileMode.UserWrite,
        });
        using var writer = new StreamWriter(stream);
        writer.Write(text);
    }
}
