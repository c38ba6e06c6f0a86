using System.Text.Json;
using FleetPlatform.TemplateEngine.Language;
using FsCheck;
using FsCheck.Fluent;

namespace FleetPlatform.TemplateEngine.Tests.Language;

public class PropertyTests
{
    // Names that the templates below use, so that random parameters hit.
    static readonly string[] Names = ["A", "B", "C", "AWS::IoT::Certificate::Id"];

    static readonly Arbitrary<Dictionary<string, string>> Parameters = (
        from count in Gen.Choose(0, Names.Length)
        from values in Gen.Elements(Nasty).Or(ArbMap.Default.GeneratorFor<NonNull<string>>().Select(text => text.Get)).ArrayOf(Names.Length)
        select Names.Take(count).Zip(values).ToDictionary(pair => pair.First, pair => pair.Second)).ToArbitrary();

    static string[] Nasty => ["*", "#", "+", "$", "?", "/", "a*", "a/../b", "${iot:ClientId}", "${A}", "\"", "\\", "\u0000", "\u0085", "", "-", "a-b",
        "\"]},{\"Effect\":\"Allow\"", "\\u002a", "x", "SN-0042", "ünïcode", "*-*", "-*"];

    static string Template(string resource) => $$$$"""
        {"Mappings": {"M": {"x": {"k": "mapped"}}}, "Resources": {
          "c": {"Type": "AWS::IoT::Certificate", "Properties": {"CertificateId": {"Ref": "AWS::IoT::Certificate::Id"}}},
          "p": {"Type": "AWS::IoT::Policy", "Properties": {"PolicyDocument": {{{{resource}}}} } } } }
        """;

    static string Statement(string resource) => Template(
        $$$$"""{"Statement": [{"Effect": "Allow", "Action": "iot:Publish", "Resource": {{{{resource}}}}}]}""");

    // Every way in which a parameter can come into a policy.
    public static TheoryData<string> Policies =>
    [
        Statement("""{"Ref": "A"}"""),
        Statement("""[{"Ref": "A"}, {"Ref": "B"}]"""),
        Statement("""{"Fn::Sub": "arn:aws:iot:r:1:topic/${A}/${B}/${iot:ClientId}"}"""),
        Statement("""{"Fn::Sub": ["arn:aws:iot:r:1:topic/${x}/${y}", {"x": {"Ref": "A"}, "y": {"Fn::Sub": "${B}${C}"}}]}"""),
        Statement("""{"Fn::Select": [1, {"Fn::Split": ["-", {"Ref": "A"}]}]}"""),
        Statement("""{"Fn::Split": ["-", {"Ref": "A"}]}"""),
        Statement("""{"Fn::FindInMap": ["M", {"Ref": "A"}, "k"]}"""),
        Statement("""{"Fn::Sub": ["arn:aws:iot:r:1:topic/${x}/${A}", {"x": {"Fn::FindInMap": ["M", {"Ref": "B"}, "k"]}}]}"""),
        Statement("""{"Fn::Sub": ["arn:aws:iot:r:1:topic/${x}", {"x": {"Fn::Select": [{"Ref": "B"}, [{"Ref": "A"}, {"Ref": "C"}]]}}]}"""),
        Template("""{"Fn::Sub": "{\"Statement\": [{\"Effect\": \"Allow\", \"Action\": \"iot:Publish\", \"Resource\": \"arn:aws:iot:r:1:topic/${A}/${B}\"}]}"}"""),
    ];

    /// <summary>peers.md 3.2 cases 1 and 2 (CVE-2017-7650, GHSA-59w7-v8rr-pr4p), over every function that may stand in a policy.</summary>
    [Theory, MemberData(nameof(Policies))]
    public void No_parameter_ever_widens_a_policy(string body)
    {
        var template = TemplateParser.Parse(body);
        Prop.ForAll(Parameters, parameters =>
        {
            if (Render.Resources(template, parameters, PseudoParameters.OfClaim(Certificates.Id)).Resources is not { } resources) return;

            var document = JsonDocument.Parse(resources.Policies.ShouldHaveSingleItem().PolicyDocument!).RootElement;
            var statement = document.GetProperty("Statement").EnumerateArray().ToList().ShouldHaveSingleItem();
            statement.EnumerateObject().Select(member => member.Name).ShouldBe(["Effect", "Action", "Resource"]);
            statement.GetProperty("Action").GetString().ShouldBe("iot:Publish");
            var granted = statement.GetProperty("Resource") is { ValueKind: JsonValueKind.Array } list ? [.. list.EnumerateArray()] : new[] { statement.GetProperty("Resource") };
            foreach (var resource in granted.Select(text => text.GetString()!))
            {
                resource.ShouldNotBeEmpty();
                resource.ShouldNotContain("//");
                // What the author wrote taken away, no wildcard, separator, variable or control character is left.
                var rest = resource.Replace("arn:aws:iot:r:1:topic/", "", StringComparison.Ordinal).Replace("${iot:ClientId}", "", StringComparison.Ordinal);
                rest.Count(letter => letter == '/').ShouldBeLessThanOrEqualTo(2);
                rest.ShouldNotContain(letter => "*?$+#\"\\{}".Contains(letter) || char.IsControl(letter));
            }
        }).QuickCheckThrowOnFailure();
    }

    [Fact]
    public void Rendering_leaves_no_variable_that_could_be_resolved()
    {
        var template = TemplateParser.Parse("""
            {"Parameters": {"A": {"Type": "String", "Default": "d"}, "B": {"Type": "String", "Default": "e"}},
             "Resources": {"c": {"Type": "AWS::IoT::Certificate", "Properties": {"CertificateId": {"Ref": "AWS::IoT::Certificate::Id"}}}},
             "DeviceConfiguration": {"x": {"Fn::Sub": "${A}|${B}|${AWS::IoT::Certificate::Id}|${!A}|${iot:ClientId}"}}}
            """);

        Prop.ForAll(Parameters, parameters =>
        {
            var (resources, _) = Render.Resources(template, parameters, PseudoParameters.OfClaim(Certificates.Id));
            var (a, b) = (parameters.GetValueOrDefault("A", "d"), parameters.GetValueOrDefault("B", "e"));
            resources!.DeviceConfiguration["x"].ShouldBe($"{a}|{b}|{Certificates.Id}|${{A}}|${{iot:ClientId}}");
        }).QuickCheckThrowOnFailure();
    }

    [Fact]
    public void A_rendered_name_is_a_name()
    {
        var template = TemplateParser.Parse("""
            {"Resources": {
              "c": {"Type": "AWS::IoT::Certificate", "Properties": {"CertificateId": {"Ref": "AWS::IoT::Certificate::Id"}}},
              "t": {"Type": "AWS::IoT::Thing", "Properties": {"ThingName": {"Fn::Sub": "${A}${B}"}, "ThingTypeName": {"Ref": "A"},
                    "ThingGroups": {"Fn::Split": ["-", {"Ref": "B"}]}, "BillingGroup": {"Fn::Join": ["", [{"Ref": "A"}, {"Ref": "B"}]]}}}}}
            """);

        Prop.ForAll(Parameters, parameters =>
        {
            if (Render.Resources(template, parameters, PseudoParameters.OfClaim(Certificates.Id)).Resources?.Thing is not { } thing) return;
            foreach (var name in (IEnumerable<string>)[thing.ThingName, thing.ThingTypeName!, thing.BillingGroup!, .. thing.ThingGroups!])
                name.ShouldMatch(@"^[a-zA-Z0-9:_-]{1,128}\z");
        }).QuickCheckThrowOnFailure();
    }

    [Fact]
    public void The_parser_refuses_or_accepts_but_never_breaks()
    {
        var seeds = Directory.GetFiles(Golden.Folder("Language/Golden"), "*.template.json").Concat(Directory.GetFiles(Golden.Folder("Language/Errors"), "*.template.json"))
            .Select(File.ReadAllText).Where(text => text.Length is > 0 and < 5000).ToArray();
        var mutated = from seed in Gen.Elements(seeds)
                      from at in Gen.Choose(0, seed.Length - 1)
                      from length in Gen.Choose(0, 6)
                      from splice in Gen.Elements("", "\"", "{", "}", "[", "]", ",", "null", "{\"Ref\": \"A\"}", "${", "\\u0000", "1e999", "Fn::", "\ud83d")
                      select seed[..at] + splice + seed[Math.Min(seed.Length, at + length)..];

        Prop.ForAll(mutated.ToArbitrary(), body =>
        {
            try
            {
                Render.Resources(TemplateParser.Parse(body), new Dictionary<string, string>(), PseudoParameters.OfClaim(Certificates.Id));
            }
            catch (TemplateSyntaxException wrong)
            {
                wrong.Line.ShouldBeGreaterThan(0);
                wrong.Column.ShouldBeGreaterThan(0);
            }
        }).Check(Config.QuickThrowOnFailure.WithMaxTest(2000));
    }
}
