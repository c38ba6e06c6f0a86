using System.CommandLine;
using FleetPlatform.Cli.ControlPlane;
using Spectre.Console;

namespace FleetPlatform.Cli.Commands;

/// <summary><c>fleet keys scan</c>: the keys of all registered certificates, held against today's rules and lists (docs/pki.md).</summary>
static class KeysCommand
{
    public static Command Create() => new("keys", "The keys of registered certificates.")
    {
        new Command("scan", "Weak, compromised and shared keys among all registered certificates. Exit code 2 when there are any.").Runs(Scan),
    };

    static async Task<int> Scan(ParseResult parsed, FleetEndpoints endpoints, ControlPlaneClient controlPlane, CancellationToken cancellation)
    {
        var (scanned, found) = (0, 0);
        string? after = null;
        do
        {
            var page = await controlPlane.Send(HttpMethod.Get, $"/fleet/keys/scan{(after is null ? "" : $"?after={after}")}", null, cancellation);
            scanned += page["scanned"]!.GetValue<int>();
            foreach (var finding in page["findings"]!.AsArray())
            {
                found++;
                var things = string.Join(",", finding!["thingNames"]!.AsArray().Select(thing => thing!.GetValue<string>()));
                AnsiConsole.MarkupLineInterpolated($"{finding["certificateId"]!.GetValue<string>()} {finding["code"]!.GetValue<string>(),-16} {things} {finding["detail"]!.GetValue<string>()}");
            }

            after = page["next"]?.GetValue<string>();
        }
        while (after is not null);
        AnsiConsole.MarkupLineInterpolated($"{scanned} certificates, {found} with a key that should not be in use");
        return found == 0 ? 0 : 2;
    }
}
