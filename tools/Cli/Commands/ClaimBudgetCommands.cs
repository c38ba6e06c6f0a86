using System.CommandLine;
using System.Globalization;
using System.Text.Json.Nodes;
using FleetPlatform.Cli.ControlPlane;
using FleetPlatform.Cli.Factory;
using FleetPlatform.Contracts.TemplateEngine;
using Spectre.Console;

namespace FleetPlatform.Cli.Commands;

/// <summary><c>fleet claim show</c>, <c>limit</c>, <c>allow</c>, <c>pause</c>, <c>open</c> and <c>quarantine</c>: what a claim may still register.</summary>
static class ClaimBudgetCommands
{
    const int SerialsAtOnce = 2000;

    static readonly Argument<string> Claim = new("claim") { Description = "Certificate id of the claim: 64 hex digits." };
    static readonly Option<long?> Maximum = new("--registrations") { Description = "Registrations it may make in all." };
    static readonly Option<int?> PerMinute = new("--per-minute") { Description = "Registrations it may make in any minute." };
    static readonly Option<bool> None = new("--none") { Description = "Takes limits and window away." };
    static readonly Option<string> From = new("--from") { Description = "First instant it works, for example 2026-12-01T08:00:00Z." };
    static readonly Option<string> Until = new("--until") { Description = "From this instant on it works no more." };
    static readonly Option<string> Serial = new("--serial-parameter") { Description = "Parameter that holds the serial number (usually SerialNumber)." };
    static readonly Option<string> Reason = new("--reason") { Description = "Why, for the record." };
    static readonly Argument<string> Manifest = new("manifest") { Description = "File with one serial number a line, or a vendor's CSV or JSON with a column serial." };
    static readonly Option<bool> Suspected = new("--suspected") { Description = "Only those with signals of abuse." };
    static readonly Option<bool> Deactivate = new("--deactivate") { Description = "Also set INACTIVE every certificate that it registered." };

    public static Command AddTo(Command claim)
    {
        claim.Subcommands.Add(new Command("list", "Claims that devices came with, how many, when the last, and signals of abuse.") { Suspected }.Runs(List));
        claim.Subcommands.Add(new Command("show", "Prints limits, use and signals of abuse.") { Claim }.Runs((parsed, _, controlPlane, cancellation) =>
            Print(controlPlane.DescribeClaim(parsed.GetValue(Claim)!, cancellation))));
        claim.Subcommands.Add(new Command("limit", "Sets budgets: in all, per minute, in time.") { Claim, Maximum, PerMinute, From, Until, None, Serial }.Runs(Limit));
        claim.Subcommands.Add(new Command("allow", "Adds a manifest's serial numbers; from then on, only listed ones register.") { Claim, Manifest }.Runs(Allow));
        claim.Subcommands.Add(new Command("pause", "Registers nothing until it is opened again.") { Claim, Reason }.Runs((parsed, _, controlPlane, cancellation) =>
            SetStatus(parsed, "paused", controlPlane, cancellation)));
        claim.Subcommands.Add(new Command("open", "Ends a pause.") { Claim, Reason }.Runs((parsed, _, controlPlane, cancellation) =>
            SetStatus(parsed, "open", controlPlane, cancellation)));
        claim.Subcommands.Add(new Command("quarantine", "Ends a stolen claim for good, and lists what it registered.") { Claim, Reason, Deactivate }.Runs(Quarantine));
        return claim;
    }

    static Task<int> Limit(ParseResult parsed, FleetEndpoints endpoints, ControlPlaneClient controlPlane, CancellationToken cancellation)
    {
        var change = new JsonObject();
        if (parsed.GetValue(None)) (change["noLimit"], change["noWindow"]) = (true, true);
        if (parsed.GetValue(Maximum) is { } maximum) change["maximumRegistrations"] = maximum;
        if (parsed.GetValue(PerMinute) is { } rate) change["registrationsPerMinute"] = rate;
        if (parsed.GetValue(From) is { } from) change["notBefore"] = from;
        if (parsed.GetValue(Until) is { } until) change["notAfter"] = until;
        if (parsed.GetValue(Serial) is { } serial) change["serialParameter"] = serial;
        return Print(controlPlane.UpdateClaim(parsed.GetValue(Claim)!, change, cancellation));
    }

    static async Task<int> List(ParseResult parsed, FleetEndpoints endpoints, ControlPlaneClient controlPlane, CancellationToken cancellation)
    {
        foreach (var claim in await controlPlane.ListClaims(parsed.GetValue(Suspected), cancellation))
            AnsiConsole.MarkupLineInterpolated($"{claim.ClaimId}  {claim.Status}  {claim.Arrivals} devices, last {Instant(claim.LastArrivalAt, "never")}{Told(claim.Signals)}");
        return 0;
    }

    static string Told(IReadOnlyDictionary<string, string> signals) => string.Concat(signals.Select(signal => $"  {signal.Key}: {signal.Value}"));

    static async Task<int> Allow(ParseResult parsed, FleetEndpoints endpoints, ControlPlaneClient controlPlane, CancellationToken cancellation)
    {
        var path = parsed.GetValue(Manifest)!;
        if (!File.Exists(path)) throw new CommandFailedException($"There is no file {path}.", "Name a file with one serial number a line.");
        var serials = SerialNumbers.Read(path);
        ClaimDescription? claim = null;
        foreach (var part in serials.Chunk(SerialsAtOnce)) claim = await controlPlane.AllowSerials(parsed.GetValue(Claim)!, part, cancellation);
        AnsiConsole.MarkupLineInterpolated($"{serials.Count} read, {claim?.AllowedSerials ?? 0} serial numbers may register");
        return 0;
    }

    static Task<int> SetStatus(ParseResult parsed, string status, ControlPlaneClient controlPlane, CancellationToken cancellation) =>
        Print(controlPlane.UpdateClaim(parsed.GetValue(Claim)!, Status(parsed, status), cancellation));

    static async Task<int> Quarantine(ParseResult parsed, FleetEndpoints endpoints, ControlPlaneClient controlPlane, CancellationToken cancellation)
    {
        var claim = parsed.GetValue(Claim)!;
        await controlPlane.UpdateClaim(claim, Status(parsed, "quarantined"), cancellation);
        await controlPlane.UpdateCertificate(claim, "INACTIVE", cancellation); // its live connections end
        var registered = await controlPlane.ListClaimCertificates(claim, cancellation);
        foreach (var certificate in registered)
        {
            if (parsed.GetValue(Deactivate)) await controlPlane.UpdateCertificate(certificate, "INACTIVE", cancellation);
            Console.WriteLine(certificate);
        }

        AnsiConsole.MarkupLineInterpolated($"claim {claim} is quarantined; {registered.Count} certificates {(parsed.GetValue(Deactivate) ? "are INACTIVE" : "came from it: --deactivate sets them INACTIVE")}");
        return 0;
    }

    static JsonObject Status(ParseResult parsed, string status)
    {
        var change = new JsonObject { ["status"] = status };
        if (parsed.GetValue(Reason) is { } reason) change["reason"] = reason;
        return change;
    }

    static async Task<int> Print(Task<ClaimDescription> described)
    {
        var claim = await described;
        AnsiConsole.MarkupLineInterpolated($"claim {claim.ClaimId}  {claim.Status}");
        AnsiConsole.MarkupLineInterpolated($"  registrations  {claim.Registrations} of {Limit(claim.MaximumRegistrations)}, {Limit(claim.RegistrationsPerMinute)} a minute");
        AnsiConsole.MarkupLineInterpolated($"  devices        {claim.Arrivals} came with it, last {Instant(claim.LastArrivalAt, "never")}");
        AnsiConsole.MarkupLineInterpolated($"  window         {Instant(claim.NotBefore, "any time")} to {Instant(claim.NotAfter, "any time")}");
        AnsiConsole.MarkupLineInterpolated($"  serial numbers {(claim.AllowedSerials == 0 ? "any" : $"{claim.AllowedSerials} listed")}, parameter {claim.SerialParameter}");
        foreach (var (signal, times) in claim.Signals) AnsiConsole.MarkupLineInterpolated($"  [yellow]signal[/]         {signal}: {times}");
        return 0;
    }

    static string Instant(DateTimeOffset? at, string none) => at?.ToString("u", CultureInfo.InvariantCulture) ?? none;

    static string Limit(long? number) => number?.ToString(CultureInfo.InvariantCulture) ?? "any number";
}
