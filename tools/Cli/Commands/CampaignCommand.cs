using System.CommandLine;
using System.Globalization;
using System.Text.Json;
using System.Text.Json.Nodes;
using FleetPlatform.Cli.ControlPlane;
using FleetPlatform.Contracts.RotationScheduler;
using Spectre.Console;

namespace FleetPlatform.Cli.Commands;

/// <summary><c>fleet rotation campaign …</c>: rotates many devices, a few first, then in waves.</summary>
static class CampaignCommand
{
    static readonly TimeSpan WatchPeriod = TimeSpan.FromSeconds(1);

    static readonly Argument<string> Name = new("name") { Description = "The campaign's name." };
    static readonly Option<string?> Group = new("--group") { Description = "Devices of this thing group, and of those below it." };
    static readonly Option<string?> Issuer = new("--issuer") { Description = "Certificates of this issuer, named as the forecast names it." };
    static readonly Option<string?> PublicKey = new("--public-key") { Description = "Certificates with this public key (SHA-256 of the SubjectPublicKeyInfo, hex)." };
    static readonly Option<string?> Template = new("--template") { Description = "Devices that were provisioned by this template." };
    static readonly Option<int?> Canary = new("--canary") { Description = "Percent of the devices in the first wave (default 5)." };
    static readonly Option<int?> Wave = new("--wave") { Description = "Percent of the devices in each further wave (default 25)." };
    static readonly Option<int?> Abort = new("--abort") { Description = "Percent of the devices begun that may fail (default 10)." };
    static readonly Option<int?> PerMinute = new("--per-minute") { Description = "Rotations begun per minute (default 600)." };
    static readonly Option<int?> Answer = new("--answer-seconds") { Description = "How long a device has to come with a proven certificate (default 3600)." };
    static readonly Option<int?> Attempts = new("--attempts") { Description = "Attempts for each device (default 5)." };
    static readonly Option<int?> BackOff = new("--back-off-seconds") { Description = "Pause after a device's first failed attempt (default 900)." };
    static readonly Option<int?> Overlap = new("--overlap-seconds") { Description = "How long the old certificate works beside the proven one (default 604800)." };
    static readonly Option<int?> RevokeAfter = new("--revoke-after-seconds") { Description = "From INACTIVE to revoked (default 86400)." };
    static readonly Option<bool> Watch = new("--watch") { Description = "Follow it until it ends." };
    static readonly Option<bool> AsJson = new("--json") { Description = "The answer as JSON." };

    static readonly (Option<int?> Option, string Member)[] Numbers =
    [
        (Canary, "canaryPercent"), (Wave, "wavePercent"), (Abort, "abortPercent"), (PerMinute, "perMinute"), (Answer, "answerSeconds"),
        (Attempts, "attempts"), (BackOff, "backOffSeconds"), (Overlap, "overlapSeconds"), (RevokeAfter, "revokeAfterSeconds"),
    ];

    public static Command Create() => new("campaign", "Rotates many devices, a few first, then in waves.")
    {
        new Command("create", "Begins a campaign over what the query finds.")
        {
            Name, Group, Issuer, PublicKey, Template, Canary, Wave, Abort, PerMinute, Answer, Attempts, BackOff, Overlap, RevokeAfter, Watch,
        }.Runs(Begin),
        new Command("list", "All campaigns.").Runs(List),
        new Command("show", "How far a campaign is.") { Name, Watch, AsJson }.Runs(Show),
        new Command("pause", "Begins no more rotations; those under way go on.") { Name }.Runs((parsed, _, client, cancellation) => Change(parsed, "pause", client, cancellation)),
        new Command("resume", "Goes on.") { Name }.Runs((parsed, _, client, cancellation) => Change(parsed, "resume", client, cancellation)),
        new Command("cancel", "Ends it; devices that are not proven keep their old certificates.") { Name }.Runs((parsed, _, client, cancellation) => Change(parsed, "cancel", client, cancellation)),
    };

    static async Task<int> Begin(ParseResult parsed, FleetEndpoints endpoints, ControlPlaneClient controlPlane, CancellationToken cancellation)
    {
        var query = new JsonObject();
        foreach (var (option, member) in ((Option<string?>, string)[])[(Group, "group"), (Issuer, "issuer"), (PublicKey, "publicKey"), (Template, "template")])
            if (parsed.GetValue(option) is { } value) query[member] = value;
        var body = new JsonObject { ["query"] = query };
        foreach (var (option, member) in Numbers)
            if (parsed.GetValue(option) is { } number) body[member] = number;
        Print(await controlPlane.Ask<CampaignDescription>(HttpMethod.Post, PathOf(parsed), cancellation, body));
        return parsed.GetValue(Watch) ? await Follow(parsed, controlPlane, cancellation) : 0;
    }

    static async Task<int> List(ParseResult parsed, FleetEndpoints endpoints, ControlPlaneClient controlPlane, CancellationToken cancellation)
    {
        var listed = await controlPlane.Ask<Listed>(HttpMethod.Get, "/fleet/rotation/campaigns", cancellation);
        if (listed.Campaigns.Count == 0) AnsiConsole.MarkupLine("There is no campaign.");
        foreach (var campaign in listed.Campaigns) Print(campaign);
        return 0;
    }

    static async Task<int> Show(ParseResult parsed, FleetEndpoints endpoints, ControlPlaneClient controlPlane, CancellationToken cancellation)
    {
        if (parsed.GetValue(Watch)) return await Follow(parsed, controlPlane, cancellation);
        var campaign = await controlPlane.Ask<CampaignDescription>(HttpMethod.Get, PathOf(parsed), cancellation);
        if (parsed.GetValue(AsJson)) Console.WriteLine(JsonSerializer.Serialize(campaign, JsonSerializerOptions.Web));
        else Print(campaign);
        return 0;
    }

    static async Task<int> Change(ParseResult parsed, string change, ControlPlaneClient controlPlane, CancellationToken cancellation)
    {
        Print(await controlPlane.Ask<CampaignDescription>(HttpMethod.Put, $"{PathOf(parsed)}/{change}", cancellation));
        return 0;
    }

    // A line for each change, until it has ended and nothing is under way any more.
    static async Task<int> Follow(ParseResult parsed, ControlPlaneClient controlPlane, CancellationToken cancellation)
    {
        CampaignDescription? before = null;
        while (true)
        {
            var now = await controlPlane.Ask<CampaignDescription>(HttpMethod.Get, PathOf(parsed), cancellation);
            if (before is null || Line(before) != Line(now)) Print(now);
            if (now.State is not ("running" or "paused") && now.UnderWay == 0) return now.State == "completed" ? 0 : 1;
            before = now;
            await Task.Delay(WatchPeriod, cancellation);
        }
    }

    static void Print(CampaignDescription campaign)
    {
        AnsiConsole.MarkupLineInterpolated($"{Line(campaign)}");
        if (campaign.Detail is { } detail) AnsiConsole.MarkupLineInterpolated($"    {detail}");
        foreach (var (code, count) in campaign.Failures) AnsiConsole.MarkupLineInterpolated($"    {count} x {code}");
    }

    static string Line(CampaignDescription campaign) => string.Create(CultureInfo.InvariantCulture,
        $"{campaign.CampaignId}  {campaign.State}, wave {campaign.Wave}: {campaign.Succeeded} of {campaign.Targets} proven, {campaign.UnderWay} under way, {campaign.Failed} failed, {campaign.Skipped} skipped, {campaign.RolledBack} called off, {campaign.Pending} to come");

    static string PathOf(ParseResult parsed) => $"/fleet/rotation/campaigns/{Uri.EscapeDataString(parsed.GetValue(Name)!)}";

    sealed record Listed(IReadOnlyList<CampaignDescription> Campaigns);
}
