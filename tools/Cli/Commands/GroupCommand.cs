using System.CommandLine;
using System.Text.Json.Nodes;
using FleetPlatform.Cli.ControlPlane;
using Spectre.Console;

namespace FleetPlatform.Cli.Commands;

/// <summary><c>fleet group</c>: sets of things, and dynamic ones whose members a query names (docs/operator.md).</summary>
static class GroupCommand
{
    static readonly Argument<string> Name = new("name") { Description = "The group." };
    static readonly Option<string?> Query = new("--query") { Description = "Makes it dynamic: who is in it, for example 'thingTypeName:lock AND attributes.batch:[7 TO 9]'." };
    static readonly Option<string> NewQuery = new("--query") { Description = "Who is in it from now on.", Required = true };

    public static Command Create() => new("group", "Groups of things; a policy of a group is one of its members'.")
    {
        new Command("create", "Creates a group.") { Name, Query }.Runs(async (parsed, _, controlPlane, cancellation) =>
        {
            var (name, query) = (parsed.GetValue(Name)!, parsed.GetValue(Query));
            await controlPlane.Send(HttpMethod.Post, $"/{(query is null ? "thing-groups" : "dynamic-thing-groups")}/{Uri.EscapeDataString(name)}",
                query is null ? [] : new JsonObject { ["queryString"] = query, ["thingGroupProperties"] = new JsonObject() }, cancellation);
            return 0;
        }),
        new Command("change", "Changes a dynamic group's query.") { Name, NewQuery }.Runs(async (parsed, _, controlPlane, cancellation) =>
        {
            await controlPlane.Send(HttpMethod.Patch, $"/dynamic-thing-groups/{Uri.EscapeDataString(parsed.GetValue(Name)!)}",
                new JsonObject { ["queryString"] = parsed.GetValue(NewQuery), ["thingGroupProperties"] = new JsonObject() }, cancellation);
            return 0;
        }),
        new Command("delete", "Deletes a dynamic group.") { Name }.Runs(async (parsed, _, controlPlane, cancellation) =>
        {
            await controlPlane.Send(HttpMethod.Delete, $"/dynamic-thing-groups/{Uri.EscapeDataString(parsed.GetValue(Name)!)}", null, cancellation);
            return 0;
        }),
        new Command("show", "Its query, if it has one, and its members.") { Name }.Runs(Show),
    };

    static async Task<int> Show(ParseResult parsed, FleetEndpoints endpoints, ControlPlaneClient controlPlane, CancellationToken cancellation)
    {
        var path = $"/thing-groups/{Uri.EscapeDataString(parsed.GetValue(Name)!)}";
        if ((await controlPlane.Send(HttpMethod.Get, path, null, cancellation))["queryString"] is { } query) AnsiConsole.MarkupLineInterpolated($"dynamic: {query.GetValue<string>()}");
        for (string? token = null; ;)
        {
            var page = await controlPlane.Send(HttpMethod.Get, $"{path}/things?maxResults=250{(token is null ? "" : $"&nextToken={Uri.EscapeDataString(token)}")}", null, cancellation);
            foreach (var thing in page["things"]!.AsArray()) AnsiConsole.MarkupLineInterpolated($"{thing!.GetValue<string>()}");
            token = page["nextToken"]?.GetValue<string>();
            if (token is null) return 0;
        }
    }
}
