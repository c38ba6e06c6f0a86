using System.CommandLine;
using FleetPlatform.Cli.ControlPlane;
using Spectre.Console;

namespace FleetPlatform.Cli.Commands;

/// <summary><c>fleet revoke</c>: a certificate, or every certificate of a thing, is no longer trusted; live sessions are closed.</summary>
static class RevokeCommand
{
    static readonly Argument<string> Subject = new("subject") { Description = "Certificate id (64 hex digits) or thing name." };

    public static Command Create() =>
        new Command("revoke", "Revokes a certificate, or the certificates of a thing.") { Subject }.Runs(Run);

    static async Task<int> Run(ParseResult parsed, FleetEndpoints endpoints, ControlPlaneClient controlPlane, CancellationToken cancellation)
    {
        var subject = parsed.GetValue(Subject)!;
        var certificates = IsCertificateId(subject) ? [subject] : await CertificatesOf(subject, controlPlane, cancellation);
        foreach (var certificate in certificates)
        {
            await controlPlane.UpdateCertificate(certificate, "REVOKED", cancellation);
            AnsiConsole.MarkupLineInterpolated($"revoked {certificate}");
        }

        return 0;
    }

    static async Task<IReadOnlyList<string>> CertificatesOf(string thing, ControlPlaneClient controlPlane, CancellationToken cancellation)
    {
        var principals = await controlPlane.ListThingPrincipals(thing, cancellation);
        if (principals.Count == 0) throw new CommandFailedException($"{thing} has no certificate.", "List it with: ./fleet why " + thing);
        return [.. principals.Select(arn => arn[(arn.LastIndexOf('/') + 1)..])];
    }

    static bool IsCertificateId(string subject) => subject.Length == 64 && subject.All(char.IsAsciiHexDigit);
}
