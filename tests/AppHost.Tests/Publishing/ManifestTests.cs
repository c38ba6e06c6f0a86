using System.Text.Json.Nodes;
using System.Text.RegularExpressions;
using FleetPlatform.TestKit;

namespace FleetPlatform.AppHost.Tests.Publishing;

/// <summary>The manifest of the real graph, as committed. To change it on purpose: <c>./fleet manifest</c>.</summary>
public sealed partial class ManifestTests
{
    // What the manifest's schema (aspire-8.0) allows of the kinds that we use; what it requires is listed first.
    static readonly Dictionary<string, (string[] Required, string[] Optional)> Kinds = new(StringComparer.Ordinal)
    {
        ["parameter.v0"] = (["type", "value", "inputs"], ["connectionString"]),
        ["container.v0"] = (["type", "image"], ["entrypoint", "args", "connectionString", "env", "bindings", "bindMounts", "volumes"]),
        ["project.v0"] = (["type", "path"], ["args", "env", "bindings"]),
        ["value.v0"] = (["connectionString"], ["type"]),
    };

    static readonly string Committed = File.ReadAllText(Path.Combine(Repository.Root, "aspire-manifest.json"));
    static readonly JsonObject Resources = JsonNode.Parse(Committed)!["resources"]!.AsObject();

    [Fact]
    public async Task The_committed_manifest_is_what_the_graph_publishes()
    {
        // Beside the committed one, because project paths are relative to the manifest.
        var name = $"aspire-manifest.{Environment.ProcessId}.tmp";
        var path = Path.Combine(Repository.Root, name);
        try
        {
            // As the README starts the platform, and as Aspire's own tools ask for the manifest.
            (await Command.Run("dotnet", ["run", "--project", "AppHost", "--no-build", "--configuration", Repository.Configuration, "--", "--publisher", "manifest", "--output-path", $"../{name}"])).Succeeded();
            (await File.ReadAllTextAsync(path, TestContext.Current.CancellationToken)).ShouldBe(Committed);
        }
        finally
        {
            File.Delete(path);
        }
    }

    [Fact]
    public void Every_resource_has_what_its_kind_requires_and_nothing_else()
    {
        foreach (var (name, resource) in Resources)
        {
            var (required, optional) = Kinds[resource!["type"]!.GetValue<string>()];
            var properties = resource.AsObject().Select(property => property.Key).ToArray();
            required.Except(properties).ShouldBeEmpty(name);
            properties.Except(required).Except(optional).ShouldBeEmpty(name);
        }
    }

    [Fact]
    public void Every_binding_says_scheme_protocol_and_transport()
    {
        string[] allowed = ["scheme", "protocol", "transport", "external", "targetPort", "port"];
        foreach (var (_, binding) in Resources.SelectMany(resource => resource.Value!["bindings"]?.AsObject() ?? []))
        {
            binding!.AsObject().Select(property => property.Key).Except(allowed).ShouldBeEmpty();
            binding["scheme"].ShouldNotBeNull();
            binding["protocol"]!.GetValue<string>().ShouldBe("tcp");
            binding["transport"]!.GetValue<string>().ShouldBeOneOf("http", "http2", "tcp");
        }
    }

    [Fact]
    public void Every_placeholder_points_at_something_in_the_manifest()
    {
        foreach (var placeholder in Placeholder().Matches(Committed).Select(match => match.Groups[1].Value.Split('.')))
        {
            var resource = Resources[placeholder[0]].ShouldNotBeNull(placeholder[0]);
            switch (placeholder[1..])
            {
                case ["value"]: resource["value"].ShouldNotBeNull(); break;
                case ["connectionString"]: resource["connectionString"].ShouldNotBeNull(); break;
                case ["inputs", var input]: resource["inputs"]![input].ShouldNotBeNull(); break;
                case ["bindings", var binding, "host" or "port" or "targetPort" or "url"]: resource["bindings"]![binding].ShouldNotBeNull(); break;
                default: Assert.Fail($"{string.Join('.', placeholder)} is of no known form"); break;
            }
        }
    }

    [Fact]
    public void No_secret_has_a_value_in_the_manifest()
    {
        foreach (var (name, resource) in Resources)
            if (resource!["inputs"]?["value"]?["secret"]?.GetValue<bool>() == true) resource["inputs"]!["value"]!["default"]?["value"].ShouldBeNull(name);
    }

    [Fact]
    public void Every_project_exists() =>
        Resources.Select(resource => resource.Value!["path"]?.GetValue<string>())
            .Where(path => path is not null && !File.Exists(Path.Combine(Repository.Root, path)))
            .ShouldBeEmpty();

    [GeneratedRegex(@"\{([a-z0-9-]+(?:\.[A-Za-z0-9-]+)+)\}")]
    private static partial Regex Placeholder();
}
