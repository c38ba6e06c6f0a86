using System.CommandLine;
using System.Text.Json.Nodes;
using FleetPlatform.Cli.ControlPlane;
using Spectre.Console;

namespace FleetPlatform.Cli.Commands;

/// <summary><c>fleet type</c>: kinds of things, which templates name.</summary>
static class TypeCommand
{
    static readonly Argument<string> Name = new("name") { Description = "The thing type." };
    static readonly Option<string?> Description = new("--description") { Description = "What it is for." };
    static readonly Option<string[]> Searchable = new("--searchable") { Description = "Up to three attributes that are searched for.", AllowMultipleArgumentsPerToken = true };
    static readonly Option<bool> Undo = new("--undo") { Description = "Takes it back." };

    public static Command Create() => new("type", "Thing types; a template may only name one that exists.")
    {
        new Command("create", "Creates a type.") { Name, Description, Searchable }.Runs((parsed, _, controlPlane, cancellation) =>
            Printed.Send(controlPlane, HttpMethod.Post, Path(parsed), Properties(parsed), cancellation)),
        new Command("change", "Changes what is given; the rest stays.") { Name, Description, Searchable }.Runs((parsed, _, controlPlane, cancellation) =>
            Printed.Send(controlPlane, HttpMethod.Patch, Path(parsed), Properties(parsed), cancellation)),
        new Command("list", "All types.").Runs((_, _, controlPlane, cancellation) => Printed.Names(controlPlane, "/thing-types", "thingTypes", "thingTypeName", cancellation)),
        new Command("show", "What a type is, and whether it is deprecated.") { Name }.Runs(Show),
        new Command("deprecate", "Nothing new gets it; what has it keeps it.") { Name, Undo }.Runs((parsed, _, controlPlane, cancellation) =>
            Printed.Send(controlPlane, HttpMethod.Post, $"{Path(parsed)}/deprecate", new() { ["undoDeprecate"] = parsed.GetValue(Undo) }, cancellation)),
        new Command("delete", "Deletes a type five minutes after it was deprecated, when no thing has it.") { Name }.Runs((parsed, _, controlPlane, cancellation) =>
            Printed.Send(controlPlane, HttpMethod.Delete, Path(parsed), null, cancellation)),
    };

    static string Path(ParseResult parsed) => $"/thing-types/{Printed.Segment(parsed.GetValue(Name)!)}";

    static JsonObject Properties(ParseResult parsed)
    {
        var properties = new JsonObject();
        if (parsed.GetValue(Searchable) is { Length: > 0 } names) properties["searchableAttributes"] = new JsonArray([.. names.Select(name => JsonValue.Create(name))]);
        if (parsed.GetValue(Description) is { } description) properties["thingTypeDescription"] = description;
        return new() { ["thingTypeProperties"] = properties };
    }

    static async Task<int> Show(ParseResult parsed, FleetEndpoints endpoints, ControlPlaneClient controlPlane, CancellationToken cancellation)
    {
        var type = await controlPlane.Send(HttpMethod.Get, Path(parsed), null, cancellation);
        AnsiConsole.MarkupLineInterpolated($"type {parsed.GetValue(Name)!}");
        Printed.Fact("description", type["thingTypeProperties"]!["thingTypeDescription"]);
        Printed.Fact("searchable", type["thingTypeProperties"]!["searchableAttributes"]);
        Printed.Fact("deprecated", Printed.Instant(type["thingTypeMetadata"]!["deprecationDate"]));
        return 0;
    }
}
