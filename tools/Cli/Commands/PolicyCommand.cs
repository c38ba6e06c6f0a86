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
    static readonly Argument<string> Certificate = new("certificate") { Description = "The certificate's id." };
    static readonly Option<string[]> May = new("--may")
    {
        Description = "ACTION:NAME, for example publish:devices/a/up; connect, publish, subscribe, receive.", Required = true, AllowMultipleArgumentsPerToken = true,
    };

    static readonly Option<string> ClientId = new("--client-id") { Description = "Client id of the connection, which tells its thing (default: none)." };
    static readonly Option<string[]> Add = new("--add") { Description = "Policies as if it had them.", AllowMultipleArgumentsPerToken = true };
    static readonly Option<string[]> Skip = new("--skip") { Description = "Policies as if it had them not.", AllowMultipleArgumentsPerToken = true };
    static readonly Option<string> Thing = new("--thing") { Description = "The thing of the connection (default: the one it has exclusively, or none)." };

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
        new Command("test", "May a certificate do this? As gateways decide; with --add and --skip as if it had other policies.") { Certificate, May, ClientId, Add, Skip }.Runs(Test),
        new Command("effective", "The policies that count for a certificate, those of its thing's groups among them.") { Certificate, Thing }.Runs(Effective),
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

    static async Task<int> Test(ParseResult parsed, FleetEndpoints endpoints, ControlPlaneClient controlPlane, CancellationToken cancellation)
    {
        var questions = parsed.GetValue(May)!;
        var order = new JsonObject
        {
            ["principal"] = controlPlane.Arns.Of($"cert/{parsed.GetValue(Certificate)!}"),
            ["authInfos"] = new JsonArray([.. questions.Select(question => AuthInfo(question, controlPlane.Arns))]),
            ["policyNamesToAdd"] = new JsonArray([.. (parsed.GetValue(Add) ?? []).Select(name => JsonValue.Create(name))]),
            ["policyNamesToSkip"] = new JsonArray([.. (parsed.GetValue(Skip) ?? []).Select(name => JsonValue.Create(name))]),
        };
        var path = parsed.GetValue(ClientId) is { } client ? $"/test-authorization?clientId={Printed.Segment(client)}" : "/test-authorization";
        var results = (await controlPlane.Send(HttpMethod.Post, path, order, cancellation))["authResults"]!.AsArray();
        foreach (var (question, result) in questions.Zip(results))
        {
            var decision = result!["authDecision"]!.GetValue<string>();
            var decisive = decision switch
            {
                "ALLOWED" => result["allowed"],
                "EXPLICIT_DENY" => result["denied"]!["explicitDeny"],
                _ => null,
            };
            var names = string.Join(", ", (decisive?["policies"]?.AsArray() ?? []).Select(policy => policy!["policyName"]!.GetValue<string>()));
            AnsiConsole.MarkupLineInterpolated($"{decision,-14} {question}{(names.Length > 0 ? $"  by {names}" : "")}");
        }

        return results.All(result => result!["authDecision"]!.GetValue<string>() == "ALLOWED") ? 0 : 1;
    }

    static JsonObject AuthInfo(string question, ArnBuilder arns)
    {
        var parts = question.Split(':', 2);
        var kind = parts[0] switch
        {
            "connect" => "client",
            "publish" or "receive" => "topic",
            "subscribe" => "topicfilter",
            _ => null,
        };
        return parts.Length == 2 && kind is not null
            ? new() { ["actionType"] = parts[0].ToUpperInvariant(), ["resources"] = new JsonArray(arns.Of($"{kind}/{parts[1]}")) }
            : throw new CommandFailedException($"--may {question} is not ACTION:NAME.", "Write for example publish:devices/SN-1/up; connect, publish, subscribe, receive.");
    }

    static async Task<int> Effective(ParseResult parsed, FleetEndpoints endpoints, ControlPlaneClient controlPlane, CancellationToken cancellation)
    {
        var path = parsed.GetValue(Thing) is { } thing ? $"/effective-policies?thingName={Printed.Segment(thing)}" : "/effective-policies";
        var answer = await controlPlane.Send(HttpMethod.Post, path, new() { ["principal"] = controlPlane.Arns.Of($"cert/{parsed.GetValue(Certificate)!}") }, cancellation);
        foreach (var policy in answer["effectivePolicies"]!.AsArray())
        {
            AnsiConsole.MarkupLineInterpolated($"policy {policy!["policyName"]!.GetValue<string>()}");
            Console.WriteLine(policy["policyDocument"]!.GetValue<string>());
        }

        return 0;
    }

    // AWS deletes a policy only once its other versions are gone.
    static async Task<int> Delete(ParseResult parsed, FleetEndpoints endpoints, ControlPlaneClient controlPlane, CancellationToken cancellation)
    {
        var versions = await controlPlane.Send(HttpMethod.Get, $"{Path(parsed)}/version", null, cancellation);
        foreach (var version in versions["policyVersions"]!.AsArray().Where(version => version!["isDefaultVersion"]?.GetValue<bool>() != true))
            await controlPlane.Send(HttpMethod.Delete, $"{Path(parsed)}/version/{version!["versionId"]!.GetValue<string>()}", null, cancellation);
        return await Printed.Send(controlPlane, HttpMethod.Delete, Path(parsed), null, cancellation);
    }
}
