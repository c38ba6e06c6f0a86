using System.CommandLine;
using System.Text.Json.Nodes;
using FleetPlatform.Cli.ControlPlane;
using Spectre.Console;

namespace FleetPlatform.Cli.Commands;

/// <summary><c>fleet template …</c>: a provisioning template's life, and what it would do (<see cref="TemplateRehearsal"/>).</summary>
static class TemplateCommand
{
    public static readonly Argument<string> Name = new("name") { Description = "The template's name." };
    static readonly Argument<int> Number = new("version") { Description = "Number of the version." };
    static readonly Option<string> File = new("--file") { Description = "The template's body, a JSON file.", Required = true };
    static readonly Option<string> Description = new("--description") { Description = "What it is for, in a sentence." };
    static readonly Option<string> Type = new("--type") { Description = "FLEET_PROVISIONING (default) or JITP." };
    static readonly Option<bool> Enabled = new("--enabled") { Description = "Devices may use it at once." };
    static readonly Option<bool> Default = new("--default") { Description = "Devices get the new version at once." };
    static readonly Option<int?> Version = new("--version") { Description = "The body of this version, instead of the template's description." };

    static readonly Argument<string?> Url = new("url") { Description = "Where the hook is.", Arity = ArgumentArity.ZeroOrOne };
    static readonly Option<bool> Remove = new("--remove") { Description = "Call no hook any more." };
    static readonly Argument<string> Decision = new("decision") { Description = "keep: old certificates stay. replace: they are deactivated and detached. refuse: the device is refused." };

    public static Command Create() => new("template", "Provisioning templates: their life, and what they would do.")
    {
        new Command("create", "Makes a template.") { Name, File, Description, Type, Enabled }.Runs(Make),
        new Command("list", "Lists all templates.").Runs(List),
        new Command("show", "Prints a template and its versions, or the body of one.") { Name, Version }.Runs(Show),
        new Command("add-version", "Adds a version; --default makes it the one that devices get.") { Name, File, Default }.Runs(AddVersion),
        new Command("set-default", "Makes a version the one that devices get.") { Name, Number }.Runs((parsed, _, controlPlane, cancellation) =>
            Change(parsed, controlPlane, new() { ["defaultVersionId"] = parsed.GetValue(Number) }, $"version {parsed.GetValue(Number)} is the default", cancellation)),
        new Command("enable", "Lets devices use a template.") { Name }.Runs((parsed, _, controlPlane, cancellation) =>
            Change(parsed, controlPlane, new() { ["enabled"] = true }, "enabled", cancellation)),
        new Command("disable", "Refuses devices that ask with a template.") { Name }.Runs((parsed, _, controlPlane, cancellation) =>
            Change(parsed, controlPlane, new() { ["enabled"] = false }, "disabled", cancellation)),
        new Command("hook", "Asks an https:// address before a device is provisioned; --remove asks no more.") { Name, Url, Remove }.Runs(Hook),
        new Command("reprovisioning", "What becomes of a device that comes again: keep, replace or refuse.") { Name, Decision }.Runs(Reprovision),
        new Command("delete", "Deletes a template that has one version.") { Name }.Runs(Delete),
        TemplateRehearsal.Validate(),
        TemplateRehearsal.DryRun(),
        TemplateRehearsal.Diff(),
    };

    public static string ReadBody(string path) => System.IO.File.Exists(path)
        ? System.IO.File.ReadAllText(path)
        : throw new CommandFailedException($"There is no file {path}.", "Name the file that holds the template's JSON.");

    static async Task<int> Make(ParseResult parsed, FleetEndpoints endpoints, ControlPlaneClient controlPlane, CancellationToken cancellation)
    {
        var members = new JsonObject { ["templateBody"] = ReadBody(parsed.GetValue(File)!), ["enabled"] = parsed.GetValue(Enabled) };
        if (parsed.GetValue(Description) is { } description) members["description"] = description;
        if (parsed.GetValue(Type) is { } type) members["type"] = type;
        await controlPlane.CreateTemplate(parsed.GetValue(Name)!, members, cancellation);
        AnsiConsole.MarkupLineInterpolated($"template {parsed.GetValue(Name)} version 1, {(parsed.GetValue(Enabled) ? "enabled" : "not enabled: ./fleet template enable")}");
        return 0;
    }

    static async Task<int> List(ParseResult parsed, FleetEndpoints endpoints, ControlPlaneClient controlPlane, CancellationToken cancellation)
    {
        foreach (var template in await controlPlane.ListTemplates(cancellation))
            AnsiConsole.MarkupLineInterpolated(
                $"{template["templateName"],-36}  {template["type"],-18}  {(template["enabled"]!.GetValue<bool>() ? "enabled" : "disabled"),-8}  {template["description"]}");
        return 0;
    }

    static async Task<int> Show(ParseResult parsed, FleetEndpoints endpoints, ControlPlaneClient controlPlane, CancellationToken cancellation)
    {
        var name = parsed.GetValue(Name)!;
        if (parsed.GetValue(Version) is { } number)
        {
            Console.WriteLine(await controlPlane.DescribeTemplateVersion(name, number, cancellation));
            return 0;
        }

        var template = await controlPlane.DescribeTemplate(name, cancellation);
        AnsiConsole.MarkupLineInterpolated($"{name}  {template["type"]}  {(template["enabled"]!.GetValue<bool>() ? "enabled" : "disabled")}  {template["description"]}");
        AnsiConsole.MarkupLineInterpolated($"  reprovisioning {await controlPlane.FindReprovisioning(name, cancellation)}, hook {template["preProvisioningHook"]?["targetArn"]?.GetValue<string>() ?? "none"}");
        foreach (var version in await controlPlane.ListTemplateVersions(name, cancellation))
            AnsiConsole.MarkupLineInterpolated(
                $"  version {version!["versionId"]}  {DateTimeOffset.UnixEpoch.AddSeconds(version["creationDate"]!.GetValue<double>()):yyyy-MM-dd HH:mm}{(version["isDefaultVersion"]!.GetValue<bool>() ? "  default" : "")}");
        Console.WriteLine(template["templateBody"]!.GetValue<string>());
        return 0;
    }

    static async Task<int> AddVersion(ParseResult parsed, FleetEndpoints endpoints, ControlPlaneClient controlPlane, CancellationToken cancellation)
    {
        var isDefault = parsed.GetValue(Default);
        var version = await controlPlane.CreateTemplateVersion(parsed.GetValue(Name)!, ReadBody(parsed.GetValue(File)!), isDefault, cancellation);
        AnsiConsole.MarkupLineInterpolated($"template {parsed.GetValue(Name)} version {version}{(isDefault ? ", the default" : "")}");
        return 0;
    }

    static async Task<int> Change(ParseResult parsed, ControlPlaneClient controlPlane, JsonObject change, string outcome, CancellationToken cancellation)
    {
        await controlPlane.UpdateTemplate(parsed.GetValue(Name)!, change, cancellation);
        AnsiConsole.MarkupLineInterpolated($"template {parsed.GetValue(Name)}: {outcome}");
        return 0;
    }

    static Task<int> Hook(ParseResult parsed, FleetEndpoints endpoints, ControlPlaneClient controlPlane, CancellationToken cancellation)
    {
        var change = (parsed.GetValue(Url), parsed.GetValue(Remove)) switch
        {
            (null, true) => new JsonObject { ["removePreProvisioningHook"] = true },
            ({ } url, false) => new JsonObject { ["preProvisioningHook"] = new JsonObject { ["payloadVersion"] = "2020-04-01", ["targetArn"] = url } },
            _ => throw new CommandFailedException("Name either an address or --remove.", "Write ./fleet template hook NAME https://hooks.example/allow"),
        };
        return Change(parsed, controlPlane, change, parsed.GetValue(Url) is { } target ? $"asks {target}" : "asks no hook", cancellation);
    }

    static async Task<int> Reprovision(ParseResult parsed, FleetEndpoints endpoints, ControlPlaneClient controlPlane, CancellationToken cancellation)
    {
        await controlPlane.SetReprovisioning(parsed.GetValue(Name)!, parsed.GetValue(Decision)!, cancellation);
        AnsiConsole.MarkupLineInterpolated($"template {parsed.GetValue(Name)}: devices that come again: {parsed.GetValue(Decision)}");
        return 0;
    }

    static async Task<int> Delete(ParseResult parsed, FleetEndpoints endpoints, ControlPlaneClient controlPlane, CancellationToken cancellation)
    {
        await controlPlane.DeleteTemplate(parsed.GetValue(Name)!, cancellation);
        AnsiConsole.MarkupLineInterpolated($"template {parsed.GetValue(Name)} deleted");
        return 0;
    }
}
