using System.CommandLine;
using System.Text.Json.Nodes;
using FleetPlatform.Cli.ControlPlane;
using Spectre.Console;

namespace FleetPlatform.Cli.Commands;

/// <summary><c>fleet billing</c>: groups of things that are accounted for together.</summary>
static class BillingCommand
{
    static readonly Argument<string> Name = new("name") { Description = "The billing group." };
    static readonly Argument<string[]> Things = new("things") { Description = "Names of things.", Arity = ArgumentArity.OneOrMore };
    static readonly Option<string?> Description = new("--description") { Description = "What it is for." };

    public static Command Create() => new("billing", "Billing groups; a template may only name one that exists.")
    {
        new Command("create", "Creates a billing group.") { Name, Description }.Runs((parsed, _, controlPlane, cancellation) =>
            Printed.Send(controlPlane, HttpMethod.Post, Path(parsed), Properties(parsed), cancellation)),
        new Command("change", "Changes its description.") { Name, Description }.Runs((parsed, _, controlPlane, cancellation) =>
            Printed.Send(controlPlane, HttpMethod.Patch, Path(parsed), Properties(parsed), cancellation)),
        new Command("list", "All billing groups.").Runs((_, _, controlPlane, cancellation) =>
            Printed.Names(controlPlane, "/billing-groups", "billingGroups", "groupName", cancellation)),
        new Command("show", "What it is for, and the things in it.") { Name }.Runs(Show),
        new Command("add", "Puts things into it, and out of any other.") { Name, Things }.Runs((parsed, _, controlPlane, cancellation) => Change(parsed, "add", "To", controlPlane, cancellation)),
        new Command("remove", "Takes things out of it.") { Name, Things }.Runs((parsed, _, controlPlane, cancellation) => Change(parsed, "remove", "From", controlPlane, cancellation)),
        new Command("delete", "Deletes a billing group that no thing is in.") { Name }.Runs((parsed, _, controlPlane, cancellation) =>
            Printed.Send(controlPlane, HttpMethod.Delete, Path(parsed), null, cancellation)),
    };

    static string Path(ParseResult parsed) => $"/billing-groups/{Printed.Segment(parsed.GetValue(Name)!)}";

    static JsonObject Properties(ParseResult parsed)
    {
        var properties = new JsonObject();
        if (parsed.GetValue(Description) is { } description) properties["billingGroupDescription"] = description;
        return new() { ["billingGroupProperties"] = properties };
    }

    static async Task<int> Change(ParseResult parsed, string verb, string preposition, ControlPlaneClient controlPlane, CancellationToken cancellation)
    {
        foreach (var thing in parsed.GetValue(Things)!)
            await controlPlane.Send(HttpMethod.Put, $"/billing-groups/{verb}Thing{preposition}BillingGroup",
                new() { ["billingGroupName"] = parsed.GetValue(Name), ["thingName"] = thing }, cancellation);
        return 0;
    }

    static async Task<int> Show(ParseResult parsed, FleetEndpoints endpoints, ControlPlaneClient controlPlane, CancellationToken cancellation)
    {
        var group = await controlPlane.Send(HttpMethod.Get, Path(parsed), null, cancellation);
        AnsiConsole.MarkupLineInterpolated($"billing group {parsed.GetValue(Name)!}");
        Printed.Fact("description", group["billingGroupProperties"]?["billingGroupDescription"]);
        return await Printed.Names(controlPlane, $"{Path(parsed)}/things", "things", null, cancellation);
    }
}
