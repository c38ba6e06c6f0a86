using FleetPlatform.TemplateEngine.Language;

namespace FleetPlatform.TemplateEngine.Tests.Language;

/// <summary>The functions of docs/templates.md give what that page says.</summary>
public class DocumentationTests
{
    static string Page => File.ReadAllText(Path.Combine(Golden.Folder("."), "../../docs/templates.md"));

    [Fact]
    public void The_whole_template_of_the_page_makes_a_device()
    {
        var template = TemplateParser.Parse(Page.Split("```json\n")[1].Split("```")[0]);
        var (resources, refusal) = Render.Resources(template,
            new Dictionary<string, string> { ["SerialNumber"] = "SL000000042" }, PseudoParameters.OfClaim(Certificates.Id));

        refusal.ShouldBeNull();
        resources!.DeviceConfiguration["endpoint"].ShouldBe("eu.example");
        resources.Policies[0].PolicyDocument!.ShouldContain("topic/locks/SL000000042/state");
    }

    [Theory]
    [InlineData("""{"Ref": "SerialNumber"}""", "SL-000000042")]
    [InlineData("""{"Fn::Join": ["-", ["lock", {"Ref": "SerialNumber"}]]}""", "lock-SL-000000042")]
    [InlineData("""{"Fn::Select": [1, ["a", "b", "c"]]}""", "b")]
    [InlineData("""{"Fn::Select": [1, {"Fn::Split": ["-", {"Ref": "SerialNumber"}]}]}""", "000000042")]
    [InlineData("""{"Fn::FindInMap": ["Regions", {"Ref": "Country"}, "endpoint"]}""", "eu.example")]
    [InlineData("""{"Fn::Sub": "locks/${SerialNumber}/state"}""", "locks/SL-000000042/state")]
    [InlineData("""{"Fn::Sub": ["locks/${n}/state", {"n": {"Ref": "SerialNumber"}}]}""", "locks/SL-000000042/state")]
    public void A_function_gives_what_the_page_says(string function, string value)
    {
        Page.ShouldContain($"`{function}`");

        var template = TemplateParser.Parse(Bodies.Sensor
            .Replace("""{"Location": {"Ref": "Location"}}""", $"{{\"x\": {function}}}", StringComparison.Ordinal)
            .Replace("\"Resources\": {", "\"Mappings\": {\"Regions\": {\"DE\": {\"endpoint\": \"eu.example\"}}}, \"Resources\": {", StringComparison.Ordinal));
        var (resources, refusal) = Render.Resources(template,
            new Dictionary<string, string> { ["SerialNumber"] = "SL-000000042", ["Country"] = "DE" }, PseudoParameters.OfClaim(Certificates.Id));

        refusal.ShouldBeNull();
        resources!.DeviceConfiguration["x"].ShouldBe(value);
    }
}
