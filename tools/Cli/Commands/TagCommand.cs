using System.CommandLine;
using System.Text.Json.Nodes;
using FleetPlatform.Cli.ControlPlane;

namespace FleetPlatform.Cli.Commands;

/// <summary><c>fleet tag</c>: the tags of a resource. They mean nothing to the platform.</summary>
static class TagCommand
{
    // As a person writes it, and as its ARN does.
    static readonly Dictionary<string, string> Kinds = new(StringComparer.Ordinal)
    {
        ["type"] = "thingtype", ["group"] = "thinggroup", ["billing"] = "billinggroup", ["policy"] = "policy", ["template"] = "provisioningtemplate", ["ca"] = "cacert",
    };

    static readonly Argument<string> Resource = new("resource") { Description = $"{string.Join(", ", Kinds.Keys)}, a colon, and the name: template:locks." };
    static readonly Argument<string[]> Tags = new("tags") { Description = "key=value; a key that is there gets the new value.", Arity = ArgumentArity.ZeroOrMore };
    static readonly Option<string[]> Remove = new("--remove") { Description = "Keys to take away.", AllowMultipleArgumentsPerToken = true };

    public static Command Create() => new Command("tag", "Tags of a type, group, billing group, policy, template or CA: prints them, after the changes asked for.") { Resource, Tags, Remove }.Runs(Run);

    static async Task<int> Run(ParseResult parsed, FleetEndpoints endpoints, ControlPlaneClient controlPlane, CancellationToken cancellation)
    {
        var arn = controlPlane.Arns.Of(ResourceIn(parsed.GetValue(Resource)!));
        var tags = parsed.GetValue(Tags)!.Select(TagIn).ToArray();
        if (tags.Length > 0) await controlPlane.Send(HttpMethod.Post, "/tags", new() { ["resourceArn"] = arn, ["tags"] = new JsonArray(tags) }, cancellation);
        if (parsed.GetValue(Remove) is { Length: > 0 } keys)
            await controlPlane.Send(HttpMethod.Post, "/untag", new() { ["resourceArn"] = arn, ["tagKeys"] = new JsonArray([.. keys.Select(key => JsonValue.Create(key))]) }, cancellation);

        foreach (var tag in (await controlPlane.Send(HttpMethod.Get, $"/tags?resourceArn={Printed.Segment(arn)}", null, cancellation))["tags"]!.AsArray())
            Console.WriteLine($"{tag!["Key"]}={tag["Value"]}");
        return 0;
    }

    static string ResourceIn(string text) => text.IndexOf(':', StringComparison.Ordinal) is > 0 and var colon && Kinds.TryGetValue(text[..colon], out var kind)
        ? $"{kind}/{text[(colon + 1)..]}"
        : throw new CommandFailedException($"{text} is nothing that has tags.", $"Write one of {string.Join(", ", Kinds.Keys)}, a colon, and the name: template:locks.");

    static JsonObject TagIn(string text) => text.IndexOf('=', StringComparison.Ordinal) is > 0 and var equals
        ? new() { ["Key"] = text[..equals], ["Value"] = text[(equals + 1)..] }
        : throw new CommandFailedException($"{text} is no tag.", "Write key=value; take one away with --remove key.");
}
