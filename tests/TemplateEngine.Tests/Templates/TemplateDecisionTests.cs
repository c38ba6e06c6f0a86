using FleetPlatform.TemplateEngine.Templates;
using Wire = FleetPlatform.Contracts.TemplateEngine;

namespace FleetPlatform.TemplateEngine.Tests.Templates;

public class TemplateDecisionTests
{
    static readonly DateTimeOffset Noon = new(2026, 3, 1, 12, 0, 0, TimeSpan.Zero);

    static Template After(params IEnumerable<TemplateEvent> events) => events.Aggregate(Template.Initial, (template, @event) => template.Evolve(@event));

    static TemplateCreated Created(string type = "FLEET_PROVISIONING") => new("t", type, null, null, true, Bodies.Sensor, "operator", Noon);

    static Template WithVersions(int count) => After([Created(), .. Enumerable.Range(2, count - 1)
        .Select(version => new TemplateVersionCreated("t", version, Bodies.Sensor, false, "operator", Noon))]);

    static Wire.CreateTemplate Create(string body, string? type = null) =>
        new() { TemplateName = "t", TemplateBody = body, Type = type, Enabled = true, RequestedBy = "operator" };

    static Wire.UpdateTemplate Update() => new() { TemplateName = "t", RequestedBy = "operator" };

    [Fact]
    public void A_new_template_has_one_version_which_is_the_default()
    {
        var decision = CreateTemplate.Decide(Create(Bodies.Sensor), Template.Initial, Noon);

        var template = After(decision.Events);
        template.DefaultVersionId.ShouldBe(1);
        template.Versions.Keys.ShouldBe([1]);
        template.Type.ShouldBe("FLEET_PROVISIONING");
    }

    [Fact]
    public void A_name_is_taken_once() =>
        CreateTemplate.Decide(Create(Bodies.Sensor), After(Created()), Noon).Refusal!.Code.ShouldBe("already-exists");

    [Fact]
    public void A_body_that_cannot_be_parsed_is_refused_with_its_place()
    {
        var refusal = CreateTemplate.Decide(Create("{\n  \"Resources\": 1\n}"), Template.Initial, Noon).Refusal!;

        refusal.Code.ShouldBe("invalid-request");
        refusal.Detail.ShouldContain("Line 2, column 16, $.Resources");
    }

    [Fact]
    public void A_fleet_template_needs_a_certificate_and_a_just_in_time_template_does_not()
    {
        const string body = """{"Resources": {"t": {"Type": "AWS::IoT::Thing", "Properties": {"ThingName": {"Ref": "AWS::IoT::Certificate::CommonName"}}}}}""";

        CreateTemplate.Decide(Create(body), Template.Initial, Noon).Refusal!.Detail.ShouldContain("AWS::IoT::Certificate");
        CreateTemplate.Decide(Create(body, "JITP"), Template.Initial, Noon).Refusal.ShouldBeNull();
    }

    [Fact]
    public void An_unknown_type_is_refused() =>
        CreateTemplate.Decide(Create(Bodies.Sensor, "OTHER"), Template.Initial, Noon).Refusal!.Code.ShouldBe("invalid-request");

    [Fact]
    public void Texts_are_limited()
    {
        CreateTemplate.Decide(Create(Bodies.Sensor) with { Description = new('x', 501) }, Template.Initial, Noon).Refusal!.Code.ShouldBe("invalid-request");
        UpdateTemplate.Decide(Update() with { Description = "a\u001bb" }, After(Created()), Noon).Refusal!.Code.ShouldBe("invalid-request");
        UpdateTemplate.Decide(Update() with { ProvisioningRoleArn = new('x', 2049) }, After(Created()), Noon).Refusal!.Code.ShouldBe("invalid-request");
    }

    [Fact]
    public void A_change_records_what_changed_and_asking_twice_records_once()
    {
        var command = Update() with { Enabled = false, Description = "sensors", DefaultVersionId = 2 };
        var before = WithVersions(2);

        var decision = UpdateTemplate.Decide(command, before, Noon);
        var after = decision.Events.Aggregate(before, (template, @event) => template.Evolve(@event));

        (after.Enabled, after.Description, after.DefaultVersionId).ShouldBe((false, "sensors", 2));
        UpdateTemplate.Decide(command, after, Noon).Events.ShouldBeEmpty();
    }

    [Fact]
    public void A_default_must_exist()
    {
        UpdateTemplate.Decide(Update() with { DefaultVersionId = 3 }, WithVersions(2), Noon).Refusal!.Code.ShouldBe("not-found");
        UpdateTemplate.Decide(Update(), Template.Initial, Noon).Refusal!.Code.ShouldBe("not-found");
    }

    [Fact]
    public void Five_versions_exist_at_most_and_numbers_are_never_used_again()
    {
        var command = new Wire.CreateTemplateVersion { TemplateName = "t", TemplateBody = Bodies.Sensor, RequestedBy = "operator" };
        var full = WithVersions(5);
        CreateTemplateVersion.Decide(command, full, Noon).Refusal!.Code.ShouldBe("versions-limit-exceeded");

        var freed = full.Evolve(new TemplateVersionDeleted("t", 5, "operator", Noon));

        CreateTemplateVersion.Decide(command, freed, Noon).Events.ShouldHaveSingleItem().ShouldBeOfType<TemplateVersionCreated>().VersionId.ShouldBe(6);
    }

    [Fact]
    public void The_default_version_stays_until_another_is_the_default()
    {
        var command = new Wire.DeleteTemplateVersion { TemplateName = "t", VersionId = 1, RequestedBy = "operator" };

        DeleteTemplateVersion.Decide(command, WithVersions(2), Noon).Refusal!.Code.ShouldBe("delete-conflict");
        DeleteTemplateVersion.Decide(command with { VersionId = 2 }, WithVersions(2), Noon).Events.Count.ShouldBe(1);
        DeleteTemplateVersion.Decide(command with { VersionId = 7 }, WithVersions(2), Noon).Refusal!.Code.ShouldBe("not-found");
    }

    [Fact]
    public void A_template_goes_when_its_other_versions_are_gone_and_its_name_is_free_again()
    {
        var command = new Wire.DeleteTemplate { TemplateName = "t", RequestedBy = "operator" };
        DeleteTemplate.Decide(command, WithVersions(2), Noon).Refusal!.Code.ShouldBe("delete-conflict");
        DeleteTemplate.Decide(command, Template.Initial, Noon).Refusal!.Code.ShouldBe("not-found");

        var gone = After(Created(), new TemplateDeleted("t", "operator", Noon));

        After(CreateTemplate.Decide(Create(Bodies.Sensor), gone, Noon).Events).Versions.Keys.ShouldBe([1]);
    }
}
