using FleetPlatform.TemplateEngine.Language;
using FsCheck;
using FsCheck.Fluent;

namespace FleetPlatform.TemplateEngine.Tests.Language;

public class KindTests
{
    static readonly Dictionary<string, string> Nothing = [];

    static string Certificate(string properties) =>
        $$$$"""{"Parameters": {"Csr": {"Type": "String"}}, "Resources": {"c": {"Type": "AWS::IoT::Certificate", "Properties": {{{{properties}}}}}}}""";

    [Fact]
    public void A_template_for_JITP_takes_its_values_from_the_certificates_subject()
    {
        var template = TemplateParser.Parse(Bodies.JustInTime, TemplateKind.JustInTime);

        var (resources, _) = Render.Resources(template, new Dictionary<string, string> { ["AWS::IoT::Certificate::CommonName"] = "liar" },
            PseudoParameters.OfCertificate(Certificates.Id, new Dictionary<string, string> { ["CommonName"] = "SN-1", ["Country"] = "DE" }));

        resources!.Thing!.ThingName.ShouldBe("SN-1");
        resources.Policies.ShouldHaveSingleItem().PolicyDocument!.ShouldContain("topic/SN-1/up");
    }

    [Fact]
    public void A_certificate_that_lacks_what_a_JITP_template_declares_is_refused() =>
        Render.Resources(TemplateParser.Parse(Bodies.JustInTime, TemplateKind.JustInTime), Nothing,
            PseudoParameters.OfCertificate(Certificates.Id, new Dictionary<string, string> { ["CommonName"] = "SN-1" }))
            .Refusal!.ShouldSatisfyAllConditions(refusal => refusal.Code.ShouldBe("unresolved-reference"), refusal => refusal.Detail.ShouldContain("Country"));

    /// <summary>peers.md 3.2 case 1: a common name with wildcards (CVE-2017-7650).</summary>
    [Fact]
    public void No_subject_ever_widens_a_policy()
    {
        var template = TemplateParser.Parse(Bodies.JustInTime.Replace("\"ThingName\": {\"Ref\": \"AWS::IoT::Certificate::CommonName\"}", "\"ThingName\": \"fixed\"", StringComparison.Ordinal), TemplateKind.JustInTime);
        Prop.ForAll(Gen.Elements("*", "#", "+", "?", "a/b", "$aws", "\"", "\u0000", "", "${iot:ClientId}", "SN-1").Or(ArbMap.Default.GeneratorFor<NonNull<string>>().Select(text => text.Get)).ToArbitrary(), name =>
        {
            var (resources, refusal) = Render.Resources(template, Nothing, PseudoParameters.OfCertificate(Certificates.Id,
                new Dictionary<string, string> { ["CommonName"] = name, ["Country"] = "DE" }));
            if (name.Length == 0 || name.Any(letter => "*?$+#/\"\\{}".Contains(letter) || char.IsControl(letter))) refusal!.Code.ShouldBe("unsafe-name");
            else resources!.Policies[0].PolicyDocument!.ShouldContain("/up");
        }).QuickCheckThrowOnFailure();
    }

    [Theory]
    [InlineData("Mappings")]
    [InlineData("DeviceConfiguration")]
    public void Sections_that_only_fleet_templates_have_are_refused_elsewhere(string section)
    {
        var body = Certificate("{\"CertificateId\": {\"Ref\": \"AWS::IoT::Certificate::Id\"}}").Replace("\"Parameters\"", $"\"{section}\": {{}}, \"Parameters\"", StringComparison.Ordinal);

        Should.NotThrow(() => TemplateParser.Parse(body));
        foreach (var kind in new[] { TemplateKind.JustInTime, TemplateKind.Bulk })
            Should.Throw<TemplateSyntaxException>(() => TemplateParser.Parse(body, kind)).Problem.ShouldContain(section);
    }

    [Theory]
    [InlineData("""{"CertificateSigningRequest": {"Ref": "Csr"}}""", true)]
    [InlineData("""{"CertificateId": {"Ref": "Csr"}}""", true)]
    [InlineData("""{"CertificatePem": {"Ref": "Csr"}, "CACertificatePem": {"Ref": "Csr"}}""", true)]
    [InlineData("""{"CertificatePem": {"Ref": "Csr"}, "CertificateId": "x"}""", false)]
    [InlineData("""{"CertificateSigningRequest": {"Ref": "Csr"}, "CACertificatePem": {"Ref": "Csr"}}""", false)]
    [InlineData("""{"Status": "ACTIVE"}""", false)]
    public void A_bulk_template_names_the_certificate_in_exactly_one_way(string properties, bool accepted)
    {
        if (!accepted)
        {
            Should.Throw<TemplateSyntaxException>(() => TemplateParser.Parse(Certificate(properties), TemplateKind.Bulk));
            return;
        }

        var (resources, _) = Render.Resources(TemplateParser.Parse(Certificate(properties), TemplateKind.Bulk),
            new Dictionary<string, string> { ["Csr"] = "given" }, PseudoParameters.None);
        new[] { resources!.Certificate!.CertificateId, resources.Certificate.SigningRequest, resources.Certificate.CertificatePem }
            .OfType<string>().ShouldBe(["given"]);
        Should.Throw<TemplateSyntaxException>(() => TemplateParser.Parse(Certificate(properties)));
    }

    [Fact]
    public void Bulk_registration_has_no_pseudo_parameters() =>
        Render.Resources(TemplateParser.Parse(Certificate("""{"CertificateId": {"Ref": "AWS::IoT::Certificate::Id"}}"""), TemplateKind.Bulk),
            new Dictionary<string, string> { ["AWS::IoT::Certificate::Id"] = "x" }, PseudoParameters.None).Refusal!.Code.ShouldBe("unresolved-reference");

    /// <summary>Certificate status FAIL, DO_NOTHING and REPLACE; there is nothing to merge.</summary>
    [Theory]
    [InlineData("REPLACE", true)]
    [InlineData("FAIL", true)]
    [InlineData("DO_NOTHING", true)]
    [InlineData("MERGE", false)]
    public void A_certificates_status_can_be_overridden_but_not_merged(string value, bool accepted)
    {
        var body = """{"Resources": {"c": {"Type": "AWS::IoT::Certificate", "Properties": {"CertificateId": "x"}, "OverrideSettings": {"Status": "VALUE"}}}}"""
            .Replace("VALUE", value, StringComparison.Ordinal);

        if (accepted) Should.NotThrow(() => TemplateParser.Parse(body, TemplateKind.Bulk));
        else Should.Throw<TemplateSyntaxException>(() => TemplateParser.Parse(body, TemplateKind.Bulk));
    }
}
