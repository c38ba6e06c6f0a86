using System.CommandLine;
using System.Text.Json.Nodes;
using FleetPlatform.Cli.ControlPlane;
using FleetPlatform.Contracts.RotationScheduler;
using Spectre.Console;

namespace FleetPlatform.Cli.Commands;

/// <summary><c>fleet rotation policy …</c>: when certificates are renewed, by group, by template, or all others.</summary>
static class RenewalPolicyCommand
{
    static readonly Argument<string> Scope = new("scope") { Description = "default, group/NAME or template/NAME." };
    static readonly Option<int?> DaysBefore = new("--days-before") { Description = "Renew so many days before expiry (default 30)." };
    static readonly Option<double?> Share = new("--lifetime-share") { Description = "Renew at this share of the lifetime instead, for example 0.667." };
    static readonly Option<double?> Jitter = new("--jitter") { Description = "Share of the validity over which renewals are spread (default 0.05, the least)." };
    static readonly Option<string[]> Windows = new("--window") { Description = "When rotations may begin, in UTC: \"Sat,Sun 02:00-05:00\". May be given several times." };
    static readonly Option<int?> PerMinute = new("--per-minute") { Description = "Rotations begun per minute (default 60)." };
    static readonly Option<int?> Answer = new("--answer-seconds") { Description = "How long a device has to come with a proven certificate (default 3600)." };
    static readonly Option<int?> Attempts = new("--attempts") { Description = "Attempts before the rotation has failed (default 5)." };
    static readonly Option<int?> BackOff = new("--back-off-seconds") { Description = "Pause after the first failed attempt; it doubles (default 900)." };
    static readonly Option<int?> Overlap = new("--overlap-seconds") { Description = "How long the old certificate works beside the proven one (default 604800)." };
    static readonly Option<int?> RevokeAfter = new("--revoke-after-seconds") { Description = "From INACTIVE to revoked (default 86400)." };
    static readonly Option<bool> NeverRevoke = new("--never-revoke") { Description = "Leave the old certificate INACTIVE." };

    static readonly Option<int?> Grace = new("--grace-days") { Description = "Let an expired certificate renew, and do nothing else, for so many days (default 0: never)." };

    static readonly Option<bool> PushKeys = new("--push-keys") { Description = "Make the new pair on the platform and send it, private key included; for firmware that cannot make its own." };

    static readonly (Option<int?> Option, string Name)[] Numbers =
    [
        (DaysBefore, "daysBefore"), (PerMinute, "perMinute"), (Answer, "answerSeconds"), (Attempts, "attempts"), (BackOff, "backOffSeconds"),
        (Overlap, "overlapSeconds"), (RevokeAfter, "revokeAfterSeconds"), (Grace, "graceDays"),
    ];

    public static Command Create() => new("policy", "When certificates are renewed.")
    {
        new Command("list", "Prints the policies.").Runs(List),
        new Command("set", "Sets the policy of a scope.")
        {
            Scope, DaysBefore, Share, Jitter, Windows, PerMinute, Answer, Attempts, BackOff, Overlap, RevokeAfter, NeverRevoke, Grace, PushKeys,
        }.Runs(Set),
        new Command("delete", "Removes the policy of a scope.") { Scope }.Runs(Delete),
    };

    static async Task<int> List(ParseResult parsed, FleetEndpoints endpoints, ControlPlaneClient controlPlane, CancellationToken cancellation)
    {
        var listed = await controlPlane.Ask<Listed>(HttpMethod.Get, "/fleet/rotation/policies", cancellation);
        if (listed.Policies.Count == 0) AnsiConsole.MarkupLine("There is no renewal policy: no certificate is renewed unless a device or an operator begins.");
        foreach (var policy in listed.Policies)
        {
            var when = policy.LifetimeShare is { } share ? $"at {share:0.###} of the lifetime" : $"{policy.DaysBefore} days before expiry";
            AnsiConsole.MarkupLineInterpolated(
                $"[bold]{policy.Scope}[/]  {when}, jitter {policy.Jitter:0.##}, {policy.PerMinute}/min, {policy.Attempts} attempts of {policy.AnswerSeconds} s, overlap {policy.OverlapSeconds} s{Spoken(policy)}");
        }

        return 0;
    }

    static string Spoken(RenewalPolicy policy) =>
        (policy.RevokeAfterSeconds is { } seconds ? $", revoked after {seconds} s" : ", never revoked") + (policy.GraceDays > 0 ? $", {policy.GraceDays} days of grace after expiry" : "") + (policy.PushKeys ? ", private keys are pushed" : "") + (policy.Windows.Count > 0 ? $", in {string.Join("; ", policy.Windows)} UTC" : "");

    static async Task<int> Set(ParseResult parsed, FleetEndpoints endpoints, ControlPlaneClient controlPlane, CancellationToken cancellation)
    {
        var body = new JsonObject { ["scope"] = parsed.GetValue(Scope) };
        foreach (var (option, name) in Numbers)
            if (parsed.GetValue(option) is { } number) body[name] = number;
        if (parsed.GetValue(Share) is { } share) body["lifetimeShare"] = share;
        if (parsed.GetValue(Jitter) is { } jitter) body["jitter"] = jitter;
        if (parsed.GetValue(Windows) is { Length: > 0 } windows) body["windows"] = new JsonArray([.. windows.Select(window => JsonValue.Create(window))]);
        if (parsed.GetValue(NeverRevoke)) body["neverRevoke"] = true;
        if (parsed.GetValue(PushKeys)) body["pushKeys"] = true;
        await controlPlane.Ask<JsonObject>(HttpMethod.Put, "/fleet/rotation/policies", cancellation, body);
        AnsiConsole.MarkupLineInterpolated($"Set the renewal policy of {parsed.GetValue(Scope)}.");
        if (parsed.GetValue(PushKeys))
            AnsiConsole.MarkupLine("[yellow]Warning: the private keys of these devices are made here and travel to them. Whoever gets one on the way is that device. Better let devices make their own.[/]");
        return 0;
    }

    static async Task<int> Delete(ParseResult parsed, FleetEndpoints endpoints, ControlPlaneClient controlPlane, CancellationToken cancellation)
    {
        await controlPlane.Ask<JsonObject>(HttpMethod.Delete, $"/fleet/rotation/policies?scope={Uri.EscapeDataString(parsed.GetValue(Scope)!)}", cancellation);
        AnsiConsole.MarkupLineInterpolated($"Removed the renewal policy of {parsed.GetValue(Scope)}.");
        return 0;
    }

    sealed record Listed(IReadOnlyList<RenewalPolicy> Policies);
}
