using System.Text;
using FleetPlatform.TemplateEngine.Claims;
using FleetPlatform.TemplateEngine.Hooks;
using FleetPlatform.TemplateEngine.Language;
using FleetPlatform.TemplateEngine.Templates;
using FsCheck;
using FsCheck.Fluent;

namespace FleetPlatform.TemplateEngine.Tests.Language;

/// <summary>Classes of known vulnerabilities (peers.md 3.2) where they would hit the language. Cases 1, 2: PropertyTests, KindTests; 33: ProvisionThingTests; 34: ClaimBudgetTests.</summary>
public class SecurityCaseTests
{
    /// <summary>Case 24 (EMQX: client id and attributes smuggled bytes into outbound requests).</summary>
    [Fact]
    public void No_control_character_reaches_a_hook_or_a_record()
    {
        Prop.ForAll(ArbMap.Default.ArbFor<NonNull<string>>(), text =>
        {
            var payload = new HookPayload
            {
                ClaimCertificateId = Certificates.ClaimId, CertificateId = Certificates.Id, CertificatePem = "pem", TemplateArn = "arn", ClientId = $"\r\n{text.Get}",
                Parameters = new Dictionary<string, string> { [$"a\u0000{text.Get}"] = $"\u001b{text.Get}" },
            };
            Encoding.UTF8.GetString(payload.Write()).ShouldNotContain(letter => char.IsControl(letter));
            ParameterRules.Check(payload.Parameters, new()).ShouldNotBeNull();
            ParameterRules.Cut($"\r\n\u0085{text.Get}", 40).ShouldNotContain(letter => char.IsControl(letter));
        }).QuickCheckThrowOnFailure();
    }

    /// <summary>Case 26 (HCSEC-2026-05): dots, slashes and their encodings name nothing.</summary>
    [Theory]
    [InlineData(".")]
    [InlineData("..")]
    [InlineData("a/../b")]
    [InlineData("%2e%2e")]
    [InlineData("a\\b")]
    [InlineData("/")]
    public void No_path_is_a_name(string name)
    {
        Template.IsName(name).ShouldBeFalse();
        Texts.IsName(name).ShouldBeFalse();
    }

    /// <summary>Case 27 (CVE-2025-6203): a small text that grows without bound is refused before it has grown.</summary>
    [Fact]
    public void A_template_that_grows_exponentially_is_refused_by_its_limit()
    {
        var value = "\"xxxxxxxxxxxxxxxx\"";
        for (var level = 0; level < 8; level++) value = $$"""{"Fn::Sub": ["${v}${v}${v}${v}", {"v": {{value}}}]}""";
        var template = TemplateParser.Parse(Bodies.Sensor.Replace("{\"Location\": {\"Ref\": \"Location\"}}", $"{{\"a\": {value}}}", StringComparison.Ordinal));

        var before = GC.GetAllocatedBytesForCurrentThread();
        Render.Resources(template, new Dictionary<string, string> { ["SerialNumber"] = "1" }, PseudoParameters.OfClaim(Certificates.Id)).Refusal!.Code.ShouldBe("limit-exceeded");
        (GC.GetAllocatedBytesForCurrentThread() - before).ShouldBeLessThan(4 * 1024 * 1024);
    }

    /// <summary>Case 27: depth is counted before anything is built from it.</summary>
    [Fact]
    public void A_template_that_is_nested_without_end_is_refused()
    {
        var body = string.Concat(Enumerable.Repeat("{\"a\":", 1500)) + "1" + new string('}', 1500);

        Should.Throw<TemplateSyntaxException>(() => TemplateParser.Parse(body)).Problem.ShouldContain("nested too deeply");
    }

    /// <summary>Case 29 (CVE-2025-5999): names are what they are, letter by letter.</summary>
    [Theory]
    [InlineData("serialnumber")]
    [InlineData("SerialNumber ")]
    [InlineData("ЅerialNumber")] // the first letter is Cyrillic
    public void A_parameter_of_nearly_the_same_name_is_another(string name)
    {
        var template = TemplateParser.Parse(Bodies.Sensor);

        Render.Resources(template, new Dictionary<string, string> { [name] = "1" }, PseudoParameters.OfClaim(Certificates.Id)).Refusal!.Code.ShouldBe("unresolved-reference");
    }

    /// <summary>Case 29: letters that look alike, and spaces, are in no name.</summary>
    [Theory]
    [InlineData("sensor ")]
    [InlineData(" sensor")]
    [InlineData("ѕensor")]
    [InlineData("sensor\n")]
    public void No_name_holds_what_looks_like_another(string name)
    {
        Template.IsName(name).ShouldBeFalse();
        Texts.IsName(name).ShouldBeFalse();
    }
}
