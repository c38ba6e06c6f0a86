using System.CommandLine;
using System.Text.Json.Nodes;
using FleetPlatform.Cli.ControlPlane;
using Spectre.Console;

namespace FleetPlatform.Cli.Commands;

/// <summary><c>fleet thing</c>: what the registry says of a device.</summary>
static class ThingCommand
{
    static readonly Argument<string> Name = new("name") { Description = "The thing." };
    static readonly Option<string?> Type = new("--type") { Description = "Only things of this type." };
    static readonly Option<string?> NewType = new("--type") { Description = "Its type from now on." };
    static readonly Option<string[]> Attributes = new("--attributes") { Description = "name=value; name= takes it away.", AllowMultipleArgumentsPerToken = true };

    public static Command Create() => new("thing", "What the registry says of a device. Devices are made by device create, factory, bulk or a template.")
    {
        new Command("list", "All things.") { Type }.Runs((parsed, _, controlPlane, cancellation) => Printed.Names(
            controlPlane, parsed.GetValue(Type) is { } type ? $"/things?thingTypeName={Printed.Segment(type)}" : "/things", "things", "thingName", cancellation)),
        new Command("show", "Its type, attributes, groups and certificates.") { Name }.Runs(Show),
        new Command("change", "Changes its type, or attributes and leaves the others.") { Name, NewType, Attributes }.Runs(Change),
        new Command("delete", "Deletes a thing that has no certificate.") { Name }.Runs((parsed, _, controlPlane, cancellation) =>
            Printed.Send(controlPlane, HttpMethod.Delete, Path(parsed), null, cancellation)),
    };

    static string Path(ParseResult parsed) => $"/things/{Printed.Segment(parsed.GetValue(Name)!)}";

    static Task<int> Change(ParseResult parsed, FleetEndpoints endpoints, ControlPlaneClient controlPlane, CancellationToken cancellation)
    {
        var change = new JsonObject();
        if (parsed.GetValue(NewType) is { } type) change["thingTypeName"] = type;
        var attributes = new JsonObject();
        foreach (var pair in parsed.GetValue(Attributes) ?? [])
        {
            if (pair.Split('=', 2) is not [{ Length: > 0 } name, var value]) throw new CommandFailedException($"{pair} is no attribute.", "Write name=value, or name= to take it away.");
            attributes[name] = value;
        }

        if (attributes.Count > 0) change["attributePayload"] = new JsonObject { ["attributes"] = attributes, ["merge"] = true };
        return Printed.Send(controlPlane, HttpMethod.Patch, Path(parsed), change, cancellation);
    }

    static async Task<int> Show(ParseResult parsed, FleetEndpoints endpoints, ControlPlaneClient controlPlane, CancellationToken cancellation)
    {
        var thing = await controlPlane.Send(HttpMethod.Get, Path(parsed), null, cancellation);
        AnsiConsole.MarkupLineInterpolated($"thing {parsed.GetValue(Name)!}");
        Printed.Fact("type", thing["thingTypeName"]);
        Printed.Fact("billing group", thing["billingGroupName"]);
        Printed.Fact("attributes", thing["attributes"]);
        await foreach (var group in controlPlane.All($"{Path(parsed)}/thing-groups", "thingGroups", cancellation)) Printed.Fact("group", group["groupName"]);
        await foreach (var principal in controlPlane.All($"{Path(parsed)}/principals", "principals", cancellation))
        {
            var id = principal.GetValue<string>().Split('/')[^1];
            var certificate = await controlPlane.Send(HttpMethod.Get, $"/certificates/{id}", null, cancellation);
            Printed.Fact("certificate", $"{id}  {certificate["certificateDescription"]!["status"]}");
        }

        return 0;
    }
}
