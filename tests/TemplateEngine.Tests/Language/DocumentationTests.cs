using FleetPlatform.TemplateEngine.Language;

namespace FleetPlatform.TemplateEngine.Tests.Language;

/// <summary>The functions of docs/templates.md give what that page says.</summary>
public class DocumentationTests
{
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
        var page = File.ReadAllText(Path.Combine(Golden.Folder("."), "../../docs/templates.md"));
        page.ShouldContain($"`{function}`");

        var template = TemplateParser.Parse(Bodies.Sensor
            .Replace("""{"Location": {"Ref": "Location"}}""", $"{{\"x\": {function}}}", StringComparison.Ordinal)
            .Replace("\"Resources\": {", "\"Mappings\": {\"Regions\": {\"DE\": {\"endpoint\": \"eu.example\"}}}, \"Resources\": {", StringComparison.Ordinal));
        var (resources, refusal) = Render.Resources(template,
            new Dictionary<string, string> { ["SerialNumber"] = "SL-000000042", ["Country"] = "DE" }, PseudoParameters.OfClaim(Certificates.Id));

        refusal.ShouldBeNull();
        resources!.DeviceConfiguration["x"].ShouldBe(value);
    }
}
