using System.CommandLine;
using System.Text.Json.Nodes;
using FleetPlatform.Cli.ControlPlane;
using Spectre.Console;

namespace FleetPlatform.Cli.Commands;

/// <summary><c>fleet policy</c>: what certificates and groups may do. Templates name policies, or bring their own.</summary>
static class PolicyCommand
{
    static readonly Argument<string> Name = new("name") { Description = "The policy." };
    static readonly Option<string> File = new("--file") { Description = "Its document, JSON.", Required = true };
    static readonly Option<string> Target = new("--to") { Description = "A certificate's id, or group:NAME.", Required = true };
    static readonly Option<string> From = new("--from") { Description = "A certificate's id, or group:NAME.", Required = true };

    public static Command Create() => new("policy", "Policies of certificates and groups, in the language of AWS IoT.")
    {
        new Command("create", "Creates a policy.") { Name, File }.Runs((parsed, _, controlPlane, cancellation) => Send(parsed, "", controlPlane, cancellation)),
        new Command("change", "Gives it another document, which holds from now on for everybody who has it.") { Name, File }.Runs((parsed, _, controlPlane, cancellation) =>
            Send(parsed, "/version?setAsDefault=true", controlPlane, cancellation)),
        new Command("list", "All policies.").Runs((_, _, controlPlane, cancellation) => Printed.Names(controlPlane, "/policies", "policies", "policyName", cancellation, marker: true)),
        new Command("show", "Its document.") { Name }.Runs(Show),
        new Command("attach", "Gives it to a certificate, or to all things of a group.") { Name, Target }.Runs((parsed, _, controlPlane, cancellation) =>
            Attach(parsed, HttpMethod.Put, parsed.GetValue(Target)!, controlPlane, cancellation)),
        new Command("detach", "Takes it away.") { Name, From }.Runs((parsed, _, controlPlane, cancellation) =>
            Attach(parsed, HttpMethod.Post, parsed.GetValue(From)!, controlPlane, cancellation)),
        new Command("delete", "Deletes a policy that nobody has, with its older documents.") { Name }.Runs(Delete),
    };

    static string Path(ParseResult parsed) => $"/policies/{Printed.Segment(parsed.GetValue(Name)!)}";

    static async Task<int> Send(ParseResult parsed, string tail, ControlPlaneClient controlPlane, CancellationToken cancellation)
    {
        var document = await System.IO.File.ReadAllTextAsync(parsed.GetValue(File)!, cancellation);
        var answer = await controlPlane.Send(HttpMethod.Post, $"{Path(parsed)}{tail}", new() { ["policyDocument"] = document }, cancellation);
        AnsiConsole.MarkupLineInterpolated($"policy {parsed.GetValue(Name)!}, version {answer["policyVersionId"]!.GetValue<string>()}");
        return 0;
    }

    static async Task<int> Show(ParseResult parsed, FleetEndpoints endpoints, ControlPlaneClient controlPlane, CancellationToken cancellation)
    {
        var policy = await controlPlane.Send(HttpMethod.Get, Path(parsed), null, cancellation);
        AnsiConsole.MarkupLineInterpolated($"policy {parsed.GetValue(Name)!}, version {policy["defaultVersionId"]!.GetValue<string>()}");
        Console.WriteLine(policy["policyDocument"]!.GetValue<string>());
        return 0;
    }

    static Task<int> Attach(ParseResult parsed, HttpMethod method, string target, ControlPlaneClient controlPlane, CancellationToken cancellation) => Printed.Send(
        controlPlane, method, $"/target-policies/{Printed.Segment(parsed.GetValue(Name)!)}",
        new() { ["target"] = controlPlane.Arns.Of(target.StartsWith("group:", StringComparison.Ordinal) ? $"thinggroup/{target[6..]}" : $"cert/{target}") }, cancellation);

    // AWS deletes a policy only once its other versions are gone.
    static async Task<int> Delete(ParseResult parsed, FleetEndpoints endpoints, ControlPlaneClient controlPlane, CancellationToken cancellation)
    {
        var versions = await controlPlane.Send(HttpMethod.Get, $"{Path(parsed)}/version", null, cancellation);
        foreach (var version in versions["policyVersions"]!.AsArray().Where(version => version!["isDefaultVersion"]?.GetValue<bool>() != true))
            await controlPlane.Send(HttpMethod.Delete, $"{Path(parsed)}/version/{version!["versionId"]!.GetValue<string>()}", null, cancellation);
        return await Printed.Send(controlPlane, HttpMethod.Delete, Path(parsed), null, cancellation);
    }
}
