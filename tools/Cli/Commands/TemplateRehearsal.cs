using System.CommandLine;
using System.Text.Json.Nodes;
using FleetPlatform.Cli.ControlPlane;
using FleetPlatform.Contracts.TemplateEngine;
using Spectre.Console;

namespace FleetPlatform.Cli.Commands;

/// <summary><c>fleet template validate</c>, <c>dry-run</c> and <c>diff</c>: what a template does, before a device finds out.</summary>
static class TemplateRehearsal
{
    static readonly Argument<string> File = new("file") { Description = "The template's body, a JSON file." };
    static readonly Argument<string> Template = new("template") { Description = "Name of a template, or a JSON file." };
    static readonly Option<string> Kind = new("--kind")
    {
        Description = "Of a file: FLEET_PROVISIONING, JITP or BULK.", DefaultValueFactory = _ => "FLEET_PROVISIONING",
    };

    static readonly Option<int?> Version = new("--version") { Description = "Number of a version (default: the one that devices get)." };
    static readonly Option<string[]> Parameters = new("--parameters") { Description = "NAME=VALUE, as a device would send them.", AllowMultipleArgumentsPerToken = true };
    static readonly Option<string[]> Subject = new("--subject") { Description = "For JITP: CommonName=VALUE and other parts of the subject.", AllowMultipleArgumentsPerToken = true };
    static readonly Option<string> ClientId = new("--client-id") { Description = "Client id of the device's connection (default: its thing name)." };
    static readonly Option<string[]> May = new("--may")
    {
        Description = "ACTION:NAME, for example publish:devices/a/up; connect, publish, retain-publish, subscribe, receive.", AllowMultipleArgumentsPerToken = true,
    };

    static readonly Option<string> NewBody = new("--file") { Description = "Compare with this body instead of a version." };
    static readonly Option<int> Against = new("--against-recorded")
    {
        Description = "How many of the newest registrations to replay.", DefaultValueFactory = _ => 10_000,
    };

    static readonly Option<int> Shown = new("--shown") { Description = "How many devices to name.", DefaultValueFactory = _ => 20 };

    public static Command Validate() =>
        new Command("validate", "Reads a template as its creation would.") { File, Kind }.Runs(Validate);

    public static Command DryRun() =>
        new Command("dry-run", "Shows what one device would get, and what it might then do.") { Template, Version, Kind, Parameters, Subject, ClientId, May }.Runs(DryRun);

    public static Command Diff() =>
        new Command("diff", "Replays another version over recorded registrations.") { TemplateCommand.Name, Version, NewBody, Against, Shown }.Runs(Diff);

    static async Task<int> Validate(ParseResult parsed, FleetEndpoints endpoints, ControlPlaneClient controlPlane, CancellationToken cancellation)
    {
        var file = parsed.GetValue(File)!;
        var validated = await controlPlane.ValidateTemplate(TemplateCommand.ReadBody(file), parsed.GetValue(Kind)!, cancellation);
        if (validated.Problem is { } problem)
        {
            AnsiConsole.MarkupLineInterpolated($"[red]{file}:{problem.Line}:{problem.Column}[/] {problem.Path}: {problem.Problem}");
            AnsiConsole.MarkupLineInterpolated($"{problem.Remedy}");
            return 1;
        }

        AnsiConsole.MarkupLineInterpolated($"[green]ok[/]  devices send: {(validated.Required.Count == 0 ? "nothing" : string.Join(", ", validated.Required))}");
        foreach (var (name, value) in validated.Defaults) AnsiConsole.MarkupLineInterpolated($"    and may send {name} (else {value})");
        foreach (var warning in validated.Warnings) AnsiConsole.MarkupLineInterpolated($"[yellow]warning[/]  {warning}");
        return 0;
    }

    static async Task<int> DryRun(ParseResult parsed, FleetEndpoints endpoints, ControlPlaneClient controlPlane, CancellationToken cancellation)
    {
        var template = parsed.GetValue(Template)!;
        var request = new JsonObject
        {
            ["parameters"] = Pairs(parsed.GetValue(Parameters)),
            ["subject"] = Pairs(parsed.GetValue(Subject)),
            ["questions"] = new JsonArray([.. (parsed.GetValue(May) ?? []).Select(Question)]),
        };
        if (parsed.GetValue(ClientId) is { } client) request["clientId"] = client;
        if (parsed.GetValue(Version) is { } version) request["versionId"] = version;
        if (System.IO.File.Exists(template)) (request["templateBody"], request["kind"]) = (System.IO.File.ReadAllText(template), parsed.GetValue(Kind));
        else request["templateName"] = template;

        var rehearsed = await controlPlane.RehearseTemplate(request, cancellation);
        if (rehearsed.Refused is { } refused)
        {
            AnsiConsole.MarkupLineInterpolated($"[red]refused[/]  {refused.Code}: {refused.Detail}");
            AnsiConsole.MarkupLineInterpolated($"{Contracts.Reasons.Of(refused.Code).Remedy}");
            return 1;
        }

        Print(rehearsed);
        return 0;
    }

    static void Print(TemplateRehearsed rehearsed)
    {
        foreach (var change in rehearsed.Changes) AnsiConsole.MarkupLineInterpolated($"[green]would[/]  {change}");
        foreach (var policy in rehearsed.Policies)
            AnsiConsole.MarkupLineInterpolated($"policy {policy.PolicyName} version {policy.VersionId}{(policy.ThingName is null ? "" : ", of a group")}: {policy.Document}");
        foreach (var (name, value) in rehearsed.DeviceConfiguration) AnsiConsole.MarkupLineInterpolated($"device configuration {name} = {value}");
        foreach (var answer in rehearsed.Answers) AnsiConsole.MarkupLineInterpolated($"{answer.Decision,-13} {answer.Action} {answer.Name}");
    }

    static async Task<int> Diff(ParseResult parsed, FleetEndpoints endpoints, ControlPlaneClient controlPlane, CancellationToken cancellation)
    {
        var request = new JsonObject { ["registrations"] = parsed.GetValue(Against), ["shown"] = parsed.GetValue(Shown) };
        if (parsed.GetValue(NewBody) is { } file) request["templateBody"] = TemplateCommand.ReadBody(file);
        else request["versionId"] = parsed.GetValue(Version) ?? throw new CommandFailedException("There is nothing to compare with.", "Name --version N or --file FILE.");

        var replayed = await controlPlane.ReplayTemplate(parsed.GetValue(TemplateCommand.Name)!, request, cancellation);
        AnsiConsole.MarkupLineInterpolated(
            $"{replayed.Registrations} registrations replayed in {replayed.Milliseconds:0} ms: {replayed.Different} differ, {replayed.Refused} of them would be refused");
        foreach (var path in replayed.Paths) AnsiConsole.MarkupLineInterpolated($"  {path.Devices,7}  {path.Path}");
        foreach (var device in replayed.Devices)
        {
            AnsiConsole.MarkupLineInterpolated($"[bold]{device.ThingName ?? device.CertificateId}[/] (version {device.RecordedVersion})");
            foreach (var difference in device.Differences)
                AnsiConsole.MarkupLineInterpolated($"  {difference.Path}: {difference.Before ?? "nothing"} -> {difference.After ?? "nothing"}");
        }

        return 0;
    }

    static JsonObject Pairs(string[]? pairs)
    {
        var values = new JsonObject();
        foreach (var pair in pairs ?? [])
            values[Split(pair, '=').Name] = Split(pair, '=').Value;
        return values;
    }

    static JsonNode Question(string question)
    {
        var (action, name) = Split(question, ':');
        return new JsonObject { ["action"] = action, ["name"] = name };
    }

    static (string Name, string Value) Split(string pair, char at) => pair.IndexOf(at, StringComparison.Ordinal) is > 0 and var index
        ? (pair[..index], pair[(index + 1)..])
        : throw new CommandFailedException($"{pair} is not NAME{at}VALUE.", $"Write for example {(at == '=' ? "SerialNumber=SN-1" : "publish:devices/SN-1/up")}.");
}
