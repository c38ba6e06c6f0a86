using System.CommandLine;
using System.Globalization;
using System.Text.Json;
using System.Text.Json.Nodes;
using FleetPlatform.Cli.ControlPlane;
using FleetPlatform.Contracts.RotationScheduler;
using Spectre.Console;

namespace FleetPlatform.Cli.Commands;

/// <summary><c>fleet rotation …</c>: what expires when, what rotates, and by which rules.</summary>
static class RotationCommand
{
    const int BarCharacters = 40;

    static readonly Argument<string> Thing = new("thing") { Description = "Thing name." };
    static readonly Option<string> By = new("--by") { Description = "week, issuer, group or template.", DefaultValueFactory = _ => "week" };
    static readonly Option<int> Weeks = new("--weeks") { Description = "How far to look by week, 1 to 1,100.", DefaultValueFactory = _ => 52 };
    static readonly Option<bool> AsJson = new("--json") { Description = "The answer as JSON." };
    static readonly Option<string?> Certificate = new("--certificate") { Description = "Which certificate, when the thing has several." };

    public static Command Create() => new("rotation", "What expires when, what rotates, and by which rules.")
    {
        new Command("forecast", "Counts certificates by when they expire.") { By, Weeks, AsJson }.Runs(Forecast),
        new Command("show", "A thing's certificates and its rotations.") { Thing, AsJson }.Runs(Show),
        new Command("start", "Has one device rotate now.") { Thing, Certificate }.Runs(Start),
        new Command("cancel", "Calls off a rotation that is not proven yet.") { Thing }.Runs(Cancel),
        RenewalPolicyCommand.Create(),
        CampaignCommand.Create(),
    };

    static async Task<int> Forecast(ParseResult parsed, FleetEndpoints endpoints, ControlPlaneClient controlPlane, CancellationToken cancellation)
    {
        var by = parsed.GetValue(By)!;
        var forecast = await controlPlane.Ask<RotationForecast>(
            HttpMethod.Get, $"/fleet/rotation/forecast?by={Uri.EscapeDataString(by)}&weeks={parsed.GetValue(Weeks)}", cancellation);
        if (parsed.GetValue(AsJson))
        {
            Console.WriteLine(JsonSerializer.Serialize(forecast, JsonSerializerOptions.Web));
            return 0;
        }

        AnsiConsole.MarkupLineInterpolated($"{forecast.Certificates} active certificates of things; no renewal policy is for {forecast.WithoutPolicy} of them.");
        if (by == "week") PrintWeeks(forecast);
        else PrintKeys(by, forecast);
        return 0;
    }

    static void PrintWeeks(RotationForecast forecast)
    {
        var most = forecast.Rows.Count == 0 ? 1 : Math.Max(1, forecast.Rows.Max(row => row.Certificates));
        foreach (var row in forecast.Rows)
        {
            var bar = new string('#', (int)Math.Ceiling(row.Certificates * (double)BarCharacters / most));
            AnsiConsole.MarkupLineInterpolated($"{row.Key}  {row.Certificates,9}  {bar}{(row.Expired > 0 ? " expired" : "")}");
        }

        if (forecast.Rows.Count == 0) AnsiConsole.MarkupLine("None of them expires in this time.");
    }

    static void PrintKeys(string by, RotationForecast forecast)
    {
        var table = new Table().AddColumns(by, "certificates", "expired", "7 days", "30 days", "60 days", "first expiry");
        foreach (var row in forecast.Rows)
            table.AddRow(Text(row.Key.Length == 0 ? "(none)" : row.Key), Text(row.Certificates), Text(row.Expired), Text(row.Within7Days),
                Text(row.Within30Days), Text(row.Within60Days), Text(Date(row.FirstExpiry)));
        AnsiConsole.Write(table);
    }

    static async Task<int> Show(ParseResult parsed, FleetEndpoints endpoints, ControlPlaneClient controlPlane, CancellationToken cancellation)
    {
        var thing = parsed.GetValue(Thing)!;
        var shown = await controlPlane.Ask<ThingRotations>(HttpMethod.Get, $"/fleet/rotation/things/{Uri.EscapeDataString(thing)}", cancellation);
        if (parsed.GetValue(AsJson))
        {
            Console.WriteLine(JsonSerializer.Serialize(shown, JsonSerializerOptions.Web));
            return 0;
        }

        AnsiConsole.MarkupLineInterpolated($"[bold]{thing}[/]");
        foreach (var certificate in shown.Certificates)
            AnsiConsole.MarkupLineInterpolated(
                $"  {certificate.CertificateId[..12]}  {certificate.Status,-8}  {Date(certificate.NotBefore)} to {Date(certificate.NotAfter)}  {Prospect(certificate)}");
        if (shown.Rotations.Count == 0) AnsiConsole.MarkupLine("No rotation yet.");
        foreach (var rotation in shown.Rotations) Print(rotation);
        if (shown.Rotations is [var latest, ..]) AnsiConsole.MarkupLineInterpolated($"The whole story: ./fleet events {latest.StreamId}");
        return 0;
    }

    static void Print(RotationView rotation)
    {
        var change = $"{rotation.OldCertificateId[..12]} -> {rotation.NewCertificateId?[..12] ?? "?"}";
        AnsiConsole.MarkupLineInterpolated(
            $"  {rotation.StreamId}  [bold]{rotation.Phase}[/]  {rotation.Reason}, attempt {rotation.Attempt}  {change}  begun {Time(rotation.BegunAt)}{Since("after the old one had expired", rotation.ExpiredAt)}{Since("proven", rotation.ProvenAt)}{Since("ended", rotation.EndedAt)}{Since("next", rotation.NextAt)}");
        if (rotation.FailureCode is { } code) AnsiConsole.MarkupLineInterpolated($"      [red]{code}[/]: {rotation.FailureDetail}");
    }

    static async Task<int> Start(ParseResult parsed, FleetEndpoints endpoints, ControlPlaneClient controlPlane, CancellationToken cancellation)
    {
        var thing = parsed.GetValue(Thing)!;
        var body = new JsonObject();
        if (parsed.GetValue(Certificate) is { } certificate) body["certificateId"] = certificate;
        var begun = await controlPlane.Ask<RotationBegun>(HttpMethod.Post, $"/fleet/rotation/things/{Uri.EscapeDataString(thing)}", cancellation, body);
        AnsiConsole.MarkupLineInterpolated($"{begun.StreamId} has begun: ./fleet rotation show {thing}");
        return 0;
    }

    static async Task<int> Cancel(ParseResult parsed, FleetEndpoints endpoints, ControlPlaneClient controlPlane, CancellationToken cancellation)
    {
        var thing = parsed.GetValue(Thing)!;
        await controlPlane.Ask<JsonObject>(HttpMethod.Delete, $"/fleet/rotation/things/{Uri.EscapeDataString(thing)}", cancellation);
        AnsiConsole.MarkupLineInterpolated($"Called off. {thing} keeps its certificate.");
        return 0;
    }

    static string Prospect(CertificateView certificate) =>
        certificate.RenewableUntil is { } end ? $"expired; may renew, and nothing else, until {Date(end)} ({certificate.Scope})"
        : certificate.DueAt is { } due ? $"due {Date(due)} ({certificate.Scope})" : "";

    static string Since(string word, DateTimeOffset? at) => at is { } time ? $", {word} {Time(time)}" : "";

    static string Time(DateTimeOffset at) => at.UtcDateTime.ToString("yyyy-MM-dd HH:mm:ss", CultureInfo.InvariantCulture);

    static string Date(DateTimeOffset? at) => at?.UtcDateTime.ToString("yyyy-MM-dd", CultureInfo.InvariantCulture) ?? "";

    static Text Text(object value) => new(Convert.ToString(value, CultureInfo.InvariantCulture) ?? "");
}
