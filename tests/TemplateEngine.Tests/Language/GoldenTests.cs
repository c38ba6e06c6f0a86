using System.Text.Json;
using System.Text.Json.Nodes;
using FleetPlatform.TemplateEngine.Language;

namespace FleetPlatform.TemplateEngine.Tests.Language;

public class GoldenTests
{
    public static TheoryData<string> Renderings => [.. Names("Language/Golden", "*.template.json")];

    public static TheoryData<string> Errors => [.. Names("Language/Errors", "*.template.json")];

    [Theory, MemberData(nameof(Renderings))]
    public void A_template_renders_to_its_golden_resources(string name)
    {
        var folder = Golden.Folder("Language/Golden");
        var parameters = JsonSerializer.Deserialize<Dictionary<string, string>>(File.ReadAllText(Path.Combine(folder, $"{name}.parameters.json")))!;
        var template = TemplateParser.Parse(File.ReadAllText(Path.Combine(folder, $"{name}.template.json")));

        var (resources, refusal) = Render.Resources(template, parameters, PseudoParameters.OfClaim(Certificates.Id));

        Golden.Check(Path.Combine(folder, $"{name}.rendered.json"),
            refusal is not null ? JsonSerializer.Serialize(new { refusal.Code, refusal.Detail }, Golden.Json) : Readable(resources!));
    }

    [Theory, MemberData(nameof(Errors))]
    public void A_wrong_template_is_refused_with_place_and_remedy(string name)
    {
        var folder = Golden.Folder("Language/Errors");

        var wrong = Should.Throw<TemplateSyntaxException>(() => TemplateParser.Parse(File.ReadAllText(Path.Combine(folder, $"{name}.template.json"))));

        Golden.Check(Path.Combine(folder, $"{name}.error.txt"),
            $"line {wrong.Line}, column {wrong.Column}\n{wrong.Path}\n{wrong.Problem}\n{wrong.Remedy}");
        wrong.Remedy.ShouldNotBeEmpty();
    }

    // Policy documents inside the output are JSON in a string; shown as JSON when they are.
    static string Readable(RenderedResources resources)
    {
        var json = JsonSerializer.SerializeToNode(resources, Golden.Json)!;
        foreach (var policy in json["Policies"]!.AsArray())
            if (policy?["PolicyDocument"]?.GetValue<string>() is { } document) policy["PolicyDocument"] = JsonNode.Parse(document);
        return json.ToJsonString(Golden.Json);
    }

    static IEnumerable<string> Names(string folder, string pattern) => Directory.GetFiles(Golden.Folder(folder), pattern)
        .Select(file => Path.GetFileName(file)[..^".template.json".Length]).Order(StringComparer.Ordinal);
}
