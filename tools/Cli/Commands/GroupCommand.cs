using System.CommandLine;
using System.Text.Json.Nodes;
using FleetPlatform.Cli.ControlPlane;
using Spectre.Console;

namespace FleetPlatform.Cli.Commands;

/// <summary><c>fleet group</c>: sets of things, one inside another, and dynamic ones whose members a query names (docs/operator.md).</summary>
static class GroupCommand
{
    static readonly Argument<string> Name = new("name") { Description = "The group." };
    static readonly Argument<string[]> Things = new("things") { Description = "Names of things.", Arity = ArgumentArity.OneOrMore };
    static readonly Option<string?> Query = new("--query") { Description = "Makes it dynamic: who is in it, for example 'thingTypeName:lock AND attributes.batch:[7 TO 9]'." };
    static readonly Option<string?> NewQuery = new("--query") { Description = "Of a dynamic group: who is in it from now on." };
    static readonly Option<string?> Parent = new("--parent") { Description = "The group that it is inside." };
    static readonly Option<string?> In = new("--in") { Description = "Only groups inside this one." };
    static readonly Option<string?> Description = new("--description") { Description = "What it is for." };
    static readonly Option<bool> Recursive = new("--recursive") { Description = "Also groups inside groups." };

    public static Command Create() => new("group", "Groups of things; a policy of a group is one of its members'.")
    {
        new Command("create", "Creates a group.") { Name, Parent, Query, Description }.Runs(Make),
        new Command("change", "Changes a dynamic group's query, or any group's description.") { Name, NewQuery, Description }.Runs(Change),
        new Command("list", "All groups, or those inside one.") { In, Recursive }.Runs((parsed, _, controlPlane, cancellation) => Printed.Names(controlPlane,
            $"/thing-groups?recursive={(parsed.GetValue(Recursive) ? "true" : "false")}{(parsed.GetValue(In) is { } parent ? $"&parentGroup={Printed.Segment(parent)}" : "")}",
            "thingGroups", "groupName", cancellation)),
        new Command("show", "Its query, if it has one, and its members.") { Name, Recursive }.Runs(Show),
        new Command("add", "Puts things into it.") { Name, Things }.Runs((parsed, _, controlPlane, cancellation) => Move(parsed, "addThingToThingGroup", controlPlane, cancellation)),
        new Command("remove", "Takes things out of it.") { Name, Things }.Runs((parsed, _, controlPlane, cancellation) => Move(parsed, "removeThingFromThingGroup", controlPlane, cancellation)),
        new Command("delete", "Deletes a group that no group is inside; its things leave it.") { Name }.Runs(async (parsed, _, controlPlane, cancellation) =>
            await Printed.Send(controlPlane, HttpMethod.Delete, await Path(parsed, controlPlane, cancellation), null, cancellation)),
    };

    static Task<int> Make(ParseResult parsed, FleetEndpoints endpoints, ControlPlaneClient controlPlane, CancellationToken cancellation)
    {
        var body = new JsonObject { ["thingGroupProperties"] = Properties(parsed) };
        if (parsed.GetValue(Parent) is { } parent) body["parentGroupName"] = parent;
        if (parsed.GetValue(Query) is not { } query) return Printed.Send(controlPlane, HttpMethod.Post, $"/thing-groups/{Printed.Segment(parsed.GetValue(Name)!)}", body, cancellation);
        if (body.ContainsKey("parentGroupName")) throw new CommandFailedException("A dynamic group is inside no other.", "Leave out --parent, or --query.");
        body["queryString"] = query;
        return Printed.Send(controlPlane, HttpMethod.Post, $"/dynamic-thing-groups/{Printed.Segment(parsed.GetValue(Name)!)}", body, cancellation);
    }

    static async Task<int> Change(ParseResult parsed, FleetEndpoints endpoints, ControlPlaneClient controlPlane, CancellationToken cancellation)
    {
        var body = new JsonObject { ["thingGroupProperties"] = Properties(parsed) };
        if (parsed.GetValue(NewQuery) is not { } query)
            return await Printed.Send(controlPlane, HttpMethod.Patch, await Path(parsed, controlPlane, cancellation), body, cancellation);
        body["queryString"] = query;
        return await Printed.Send(controlPlane, HttpMethod.Patch, $"/dynamic-thing-groups/{Printed.Segment(parsed.GetValue(Name)!)}", body, cancellation);
    }

    // Where it is changed and deleted depends on what it is, as on AWS.
    static async Task<string> Path(ParseResult parsed, ControlPlaneClient controlPlane, CancellationToken cancellation)
    {
        var name = Printed.Segment(parsed.GetValue(Name)!);
        var group = await controlPlane.Send(HttpMethod.Get, $"/thing-groups/{name}", null, cancellation);
        return $"/{(group["queryString"] is null ? "thing-groups" : "dynamic-thing-groups")}/{name}";
    }

    static JsonObject Properties(ParseResult parsed) => parsed.GetValue(Description) is { } description ? new() { ["thingGroupDescription"] = description } : [];

    static async Task<int> Move(ParseResult parsed, string operation, ControlPlaneClient controlPlane, CancellationToken cancellation)
    {
        foreach (var thing in parsed.GetValue(Things)!)
            await controlPlane.Send(HttpMethod.Put, $"/thing-groups/{operation}", new() { ["thingGroupName"] = parsed.GetValue(Name), ["thingName"] = thing }, cancellation);
        return 0;
    }

    static async Task<int> Show(ParseResult parsed, FleetEndpoints endpoints, ControlPlaneClient controlPlane, CancellationToken cancellation)
    {
        var path = $"/thing-groups/{Printed.Segment(parsed.GetValue(Name)!)}";
        if ((await controlPlane.Send(HttpMethod.Get, path, null, cancellation))["queryString"] is { } query) AnsiConsole.MarkupLineInterpolated($"dynamic: {query.GetValue<string>()}");
        return await Printed.Names(controlPlane, $"{path}/things?recursive={(parsed.GetValue(Recursive) ? "true" : "false")}", "things", null, cancellation);
    }
}
