using FleetPlatform.Contracts.TemplateEngine;
using FleetPlatform.TemplateEngine.Language;

namespace FleetPlatform.TemplateEngine.Tests.Rehearsal;

public class RehearsalTests(Stack stack)
{
    [Fact]
    public async Task Validation_tells_what_devices_send_and_what_is_probably_not_meant()
    {
        var body = Bodies.Sensor.Replace("\"DeviceConfiguration\": {", "\"DeviceConfiguration\": {\"c\": {\"Ref\": \"AWS::IoT::Certificate::Country\"}, \"u\": {\"Ref\": \"Undeclared\"}, ", StringComparison.Ordinal)
            .Replace("\"Parameters\": {", "\"Parameters\": {\"Idle\": {\"Type\": \"String\"}, ", StringComparison.Ordinal);

        var validated = (await stack.Ask.Ask<ValidateTemplate, TemplateValidated>(new() { TemplateBody = body, Kind = "FLEET_PROVISIONING" })).Value!;

        validated.Problem.ShouldBeNull();
        validated.Required.ShouldBe(["SerialNumber", "Undeclared"]);
        validated.Defaults.ShouldBe(new Dictionary<string, string> { ["Location"] = "nowhere" });
        validated.Warnings.Select(warning => warning.Split(' ')[0]).ShouldBe(["Undeclared", "Idle", "AWS::IoT::Certificate::Country"]);
    }

    [Fact]
    public async Task Validation_points_at_what_is_wrong()
    {
        var validated = (await stack.Ask.Ask<ValidateTemplate, TemplateValidated>(new() { TemplateBody = "{\n  \"Resource\": {}\n}", Kind = "JITP" })).Value!;

        validated.Problem!.ShouldSatisfyAllConditions(
            problem => problem.Line.ShouldBe(2), problem => problem.Column.ShouldBe(3), problem => problem.Problem.ShouldContain("Resource"), problem => problem.Remedy.ShouldNotBeEmpty());
        (await stack.Ask.Ask<ValidateTemplate, TemplateValidated>(new() { TemplateBody = "{}", Kind = "other" })).Refused!.Code.ShouldBe("invalid-request");
    }

    [Fact]
    public async Task A_rehearsal_shows_what_a_device_would_get_and_may_then_do_and_records_nothing()
    {
        var template = await stack.Template();

        var rehearsed = (await stack.Ask.Ask<RehearseTemplate, TemplateRehearsed>(new()
        {
            TemplateName = template,
            Parameters = new Dictionary<string, string> { ["SerialNumber"] = "rehearsed" },
            Questions = [new() { Action = "connect", Name = "sensor-rehearsed" }, new() { Action = "publish", Name = "devices/sensor-rehearsed/up" }, new() { Action = "publish", Name = "devices/sensor-8/up" }],
        })).Value!;

        rehearsed.Refused.ShouldBeNull();
        rehearsed.VersionId.ShouldBe(1);
        rehearsed.Thing!.ThingName.ShouldBe("sensor-rehearsed");
        rehearsed.DeviceConfiguration["Location"].ShouldBe("nowhere");
        rehearsed.Changes.ShouldBe(["thing sensor-rehearsed is created"]);
        rehearsed.Answers.Select(answer => answer.Decision).ShouldBe(["ALLOWED", "ALLOWED", "IMPLICIT_DENY"]);
        (await stack.Database.Scalar<long>("select count(*) from mt_events where data::text like '%rehearsed%'")).ShouldBe(0);
    }

    [Fact]
    public async Task A_rehearsal_refuses_as_the_device_would_be_refused()
    {
        var rehearsed = (await Rehearse(await stack.Template(), ("SerialNumber", "a/b"))).Value!;

        rehearsed.Refused!.Code.ShouldBe("unsafe-name");
        (await Rehearse("no-such")).Refused!.Code.ShouldBe("not-found");
    }

    [Fact]
    public async Task A_new_version_is_replayed_over_what_devices_have_sent()
    {
        var template = await stack.Template();
        foreach (var serial in new[] { "1", "2", "3" }) await stack.Provision(stack.Device(template, parameters: ("SerialNumber", serial)));
        await stack.Provision(stack.Device(template, parameters: [("SerialNumber", "4"), ("Location", new string('x', 3000))]));
        var same = await Replay(template, Bodies.Sensor);
        var probe = await Replay(template, Bodies.Probe);
        var strict = await Replay(template, Bodies.Sensor.Replace("\"ThingName\": {", "\"ThingTypeName\": {\"Ref\": \"Location\"}, \"ThingName\": {", StringComparison.Ordinal));

        (same.Registrations, same.Different).ShouldBe((4, 0));
        (probe.Registrations, probe.Different, probe.Refused).ShouldBe((4, 4, 0));
        probe.Paths.ShouldHaveSingleItem().ShouldBe(new DifferingPath { Path = "thing.name", Devices = 4 });
        probe.Devices[0].Differences.ShouldHaveSingleItem().ShouldBe(new Difference { Path = "thing.name", Before = "sensor-4", After = "probe-4" });
        (strict.Different, strict.Refused).ShouldBe((4, 1)); // the long location, recorded whole, is no name
    }

    [Fact]
    public async Task A_replay_compares_with_the_version_that_served_each_device()
    {
        var template = await stack.Template();
        await stack.Provision(stack.Device(template, parameters: ("SerialNumber", "1")));
        await stack.Ask.Ask<CreateTemplateVersion, TemplateVersionDescription>(new() { TemplateName = template, TemplateBody = Bodies.Probe, SetAsDefault = true, RequestedBy = "test" });
        await stack.Provision(stack.Device(template, parameters: ("SerialNumber", "2")));

        var replayed = (await stack.Ask.Ask<ReplayTemplate, TemplateReplayed>(new() { TemplateName = template, VersionId = 2, Registrations = 10, Shown = 10 })).Value!;

        (replayed.Registrations, replayed.Different).ShouldBe((2, 1));
        replayed.Devices.ShouldHaveSingleItem().ThingName.ShouldBe("sensor-1");
    }

    /// <summary>The law under the replay: the flow holds all inputs, and rendering depends on nothing else.</summary>
    [Fact]
    public void Rendering_twice_gives_the_same()
    {
        var parameters = new Dictionary<string, string> { ["SerialNumber"] = "1" };
        var (one, other) = (Run(), Run());

        FleetPlatform.TemplateEngine.Rehearsal.Differences.Between(one, other).ShouldBeEmpty();

        Rendering Run() => Render.Resources(TemplateParser.Parse(Bodies.Sensor), parameters, PseudoParameters.OfClaim(Certificates.Id));
    }

    Task<ServiceDefaults.Answer<TemplateRehearsed>> Rehearse(string template, params (string Name, string Value)[] parameters) =>
        stack.Ask.Ask<RehearseTemplate, TemplateRehearsed>(new()
        {
            TemplateName = template, Parameters = parameters.ToDictionary(parameter => parameter.Name, parameter => parameter.Value), Questions = [],
        });

    async Task<TemplateReplayed> Replay(string template, string body) => (await stack.Ask.Ask<ReplayTemplate, TemplateReplayed>(
        new() { TemplateName = template, TemplateBody = body, Registrations = 100, Shown = 10 })).Value!;
}
