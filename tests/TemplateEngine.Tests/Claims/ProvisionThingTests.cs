using FleetPlatform.Contracts.TemplateEngine;

namespace FleetPlatform.TemplateEngine.Tests.Claims;

public class ProvisionThingTests(Stack stack)
{
    static readonly string[] Success = ["provisioning.token-presented.v1", "provisioning.parameters-resolved.v1", "provisioning.completed.v1"];

    [Fact]
    public async Task A_device_is_provisioned_and_its_flow_recorded()
    {
        var device = stack.Device(await stack.Template(), parameters: [("SerialNumber", "0042"), ("Location", "Berlin")]);

        var answer = await stack.Provision(device);

        answer.Refused.ShouldBeNull();
        answer.ThingName.ShouldBe("sensor-0042");
        answer.DeviceConfiguration.ShouldBe(new Dictionary<string, string> { ["Location"] = "Berlin" });
        answer.Grant!.CertificateId.ShouldBe(stack.TokenOf(device).CertificateId);
        answer.Grant.Things.ShouldHaveSingleItem().ThingName.ShouldBe("sensor-0042");
        (await stack.Recorded(stack.TokenOf(device).FlowId)).ShouldBe(Success);
    }

    [Fact]
    public async Task The_token_is_never_recorded()
    {
        var device = stack.Device(await stack.Template(), parameters: ("SerialNumber", "secret-keeper"));
        await stack.Provision(device);
        await stack.Provision(device with { OwnershipToken = device.OwnershipToken[..^1] + "_" });

        (await stack.Database.Scalar<long>($"select count(*) from mt_events where data::text like '%{device.OwnershipToken[..40]}%'")).ShouldBe(0);
    }

    [Fact]
    public async Task The_same_request_again_gets_the_same_answer_and_records_nothing()
    {
        var device = stack.Device(await stack.Template(), parameters: ("SerialNumber", "again"));
        var first = await stack.Provision(device);

        var second = await stack.Provision(device);

        second.ShouldSatisfyAllConditions(
            answer => answer.ThingName.ShouldBe(first.ThingName),
            answer => answer.Grant!.Version.ShouldBe(first.Grant!.Version),
            answer => answer.DeviceConfiguration.ShouldBe(first.DeviceConfiguration));
        (await stack.Recorded(stack.TokenOf(device).FlowId)).ShouldBe(Success);
    }

    /// <summary>peers.md 3.2 case 33.</summary>
    [Theory]
    [InlineData("SerialNumber", "other")]
    [InlineData("NotEvenUsed", "1")]
    public async Task A_token_registers_once_only(string name, string value)
    {
        var device = stack.Device(await stack.Template(), parameters: ("SerialNumber", "once"));
        await stack.Provision(device);

        var replayed = await stack.Provision(device with { Parameters = new Dictionary<string, string>(device.Parameters) { [name] = value } });

        replayed.Refused!.Code.ShouldBe("token-replayed");
        (await stack.Recorded(stack.TokenOf(device).FlowId))[^1].ShouldBe("provisioning.refused.v1");
        (await stack.Provision(device)).ThingName.ShouldBe("sensor-once");
    }

    [Fact]
    public async Task Duplicates_at_the_same_instant_are_one_registration()
    {
        var device = stack.Device(await stack.Template(), parameters: ("SerialNumber", "twin"));

        var answers = await Task.WhenAll(Enumerable.Range(0, 12).Select(_ => stack.Provision(device)));

        answers.ShouldAllBe(answer => answer.ThingName == "sensor-twin");
        (await stack.Recorded(stack.TokenOf(device).FlowId)).ShouldBe(Success);
    }

    [Fact]
    public async Task Of_two_requests_with_one_token_one_wins()
    {
        var template = await stack.Template();
        var device = stack.Device(template, parameters: ("SerialNumber", "a"));
        var rival = device with { Parameters = new Dictionary<string, string> { ["SerialNumber"] = "b" } };

        var answers = await Task.WhenAll(stack.Provision(device), stack.Provision(rival));

        answers.Count(answer => answer.Refused is null).ShouldBe(1);
        answers.Single(answer => answer.Refused is not null).Refused!.Code.ShouldBe("token-replayed");
        (await stack.Recorded(stack.TokenOf(device).FlowId)).Count(type => type == "provisioning.completed.v1").ShouldBe(1);
    }

    [Fact]
    public async Task A_token_that_does_not_verify_is_refused_on_the_flow_of_the_connection()
    {
        var good = stack.Device(await stack.Template(), parameters: ("SerialNumber", "x"));
        var bent = (good.OwnershipToken[5] == 'A' ? 'B' : 'A') is var letter ? good.OwnershipToken[..5] + letter + good.OwnershipToken[6..] : "";

        await Refused(good with { OwnershipToken = "" }, "token-missing");
        await Refused(Again(good) with { OwnershipToken = bent }, "token-malformed");
        await Refused(Again(good) with { OwnershipToken = new('x', 100_000) }, "token-malformed");
        await Refused(stack.Device(good.TemplateName, TimeSpan.FromMinutes(61), ("SerialNumber", "x")), "token-expired");

        async Task Refused(ProvisionThing request, string code)
        {
            (await stack.Provision(request)).Refused!.Code.ShouldBe(code);
            (await stack.Recorded(request.Flow.FlowId)).ShouldBe(["provisioning.refused.v1"]);
        }
    }

    /// <summary>peers.md 3.2 case 33: bound to the claim certificate that asked for it.</summary>
    [Fact]
    public async Task A_token_of_another_claim_is_foreign()
    {
        var template = await stack.Template();
        var (owner, thief) = (stack.Device(template, parameters: ("SerialNumber", "mine")), stack.Device(template));

        (await stack.Provision(owner with { Flow = thief.Flow })).Refused!.Code.ShouldBe("token-foreign");
        (await stack.Recorded(stack.TokenOf(owner).FlowId)).ShouldBe(["provisioning.refused.v1"]);
        (await stack.Provision(owner)).ThingName.ShouldBe("sensor-mine");
    }

    [Fact]
    public async Task Templates_that_are_not_there_not_enabled_or_not_for_fleets_are_refused()
    {
        var off = await stack.Template(enabled: false);

        (await stack.Provision(stack.Device("no-such"))).Refused!.Code.ShouldBe("template-not-found");
        (await stack.Provision(stack.Device("no/such"))).Refused!.Code.ShouldBe("template-not-found");
        (await stack.Provision(stack.Device(await stack.Template(Bodies.JustInTime, type: "JITP")))).Refused!.Code.ShouldBe("template-not-found");
        (await stack.Provision(stack.Device(off))).Refused!.Code.ShouldBe("template-disabled");
    }

    [Fact]
    public async Task A_change_of_the_template_holds_for_the_very_next_request()
    {
        var name = await stack.Template();
        await stack.Ask.Ask<CreateTemplateVersion, TemplateVersionDescription>(new() { TemplateName = name, TemplateBody = Bodies.Probe, RequestedBy = "test" });
        for (var round = 0; round < 10; round++)
        {
            await stack.Update(new() { TemplateName = name, Enabled = false, RequestedBy = "test" });
            (await stack.Provision(Fresh())).Refused!.Code.ShouldBe("template-disabled");

            await stack.Update(new() { TemplateName = name, Enabled = true, DefaultVersionId = 2 - (round % 2), RequestedBy = "test" });
            (await stack.Provision(Fresh())).ThingName.ShouldBe(round % 2 == 0 ? "probe-1" : "sensor-1");
        }

        ProvisionThing Fresh() => stack.Device(name, parameters: ("SerialNumber", "1"));
    }

    [Fact]
    public async Task A_repeated_request_gets_its_first_answer_although_the_template_has_changed()
    {
        var device = stack.Device(await stack.Template(), parameters: ("SerialNumber", "kept"));
        await stack.Provision(device);
        await stack.Ask.Ask<CreateTemplateVersion, TemplateVersionDescription>(
            new() { TemplateName = device.TemplateName, TemplateBody = Bodies.Probe, SetAsDefault = true, RequestedBy = "test" });

        (await stack.Provision(device)).ThingName.ShouldBe("sensor-kept");
        (await stack.Recorded(stack.TokenOf(device).FlowId)).ShouldBe(Success);
    }

    [Fact]
    public async Task A_refused_request_leaves_the_token_usable()
    {
        var device = stack.Device(await stack.Template());

        (await stack.Provision(device)).Refused!.ShouldSatisfyAllConditions(
            refused => refused.Code.ShouldBe("unresolved-reference"), refused => refused.Detail.ShouldContain("SerialNumber"));
        (await stack.Provision(device with { Parameters = new Dictionary<string, string> { ["SerialNumber"] = "a/b" } })).Refused!.Code.ShouldBe("unsafe-name");
        (await stack.Provision(device with { Parameters = new Dictionary<string, string> { ["SerialNumber"] = "ok" } })).ThingName.ShouldBe("sensor-ok");

        (await stack.Recorded(stack.TokenOf(device).FlowId)).Count(type => type == "provisioning.refused.v1").ShouldBe(2);
    }

    [Fact]
    public async Task What_the_registry_refuses_is_refused()
    {
        var device = stack.Device(await stack.Template(Bodies.Sensor.Replace("\"ThingName\":", "\"ThingTypeName\": \"nothing\", \"ThingName\":", StringComparison.Ordinal)),
            parameters: ("SerialNumber", "1"));

        (await stack.Provision(device)).Refused!.Code.ShouldBe("resource-missing");
        (await stack.Recorded(stack.TokenOf(device).FlowId)).ShouldBe([.. Success[..2], "provisioning.refused.v1"]);
    }

    [Fact]
    public async Task While_the_registry_is_silent_the_device_is_told_to_retry_and_its_retry_succeeds()
    {
        await using var own = new Stack { RegistryTimeout = TimeSpan.FromSeconds(2) }; // its own: who shares a batch with a silenced request shares the silence
        await own.InitializeAsync();
        var device = own.Device(await own.Template(), parameters: ("SerialNumber", "patient"));
        own.Registry.Silent[own.TokenOf(device).CertificateId] = true;

        (await own.Provision(device)).Refused!.Code.ShouldBe("unavailable");
        (await own.Provision(device)).Refused!.Code.ShouldBe("unavailable");
        own.Registry.Silent.Clear();

        await Eventually.Holds(async () => (await own.Provision(device)).ThingName.ShouldBe("sensor-patient"));
        (await own.Recorded(own.TokenOf(device).FlowId)).ShouldBe([.. Success[..2], "provisioning.refused.v1", .. Success]);
    }

    [Theory]
    [InlineData("name too long")]
    [InlineData("value too long")]
    [InlineData("too many")]
    [InlineData("control character")]
    public async Task Parameters_are_limited(string what)
    {
        var device = stack.Device(await stack.Template(), parameters: [("SerialNumber", "1"), .. what switch
        {
            "name too long" => [(new('n', 2049), "")],
            "value too long" => [("v", new('v', 4097))],
            "too many" => Enumerable.Range(0, 64).Select(number => ($"p{number}", "")),
            _ => [("c", "a\u0000b\u001b[31m")],
        }]);

        (await stack.Provision(device)).Refused!.Code.ShouldBe("invalid-parameters");
        (await stack.Recorded(stack.TokenOf(device).FlowId)).ShouldBe(["provisioning.token-presented.v1", "provisioning.refused.v1"]);
    }

    [Fact]
    public async Task Only_so_many_refusals_of_one_claim_are_recorded_a_minute()
    {
        var device = stack.Device("no-such");
        var flows = Enumerable.Range(0, 30).Select(_ => Again(device) with { OwnershipToken = "bad" }).ToArray();

        var answers = await Task.WhenAll(flows.Select(stack.Provision));

        answers.ShouldAllBe(answer => answer.Refused!.Code == "token-malformed");
        var recorded = await Task.WhenAll(flows.Select(flow => stack.Recorded(flow.Flow.FlowId)));
        recorded.Count(types => types.Length > 0).ShouldBeInRange(1, 20); // ten, or twice ten when the minute turns
    }

    [Fact]
    public async Task A_repeated_refusal_of_one_connection_is_recorded_once()
    {
        var device = stack.Device("no-such");

        for (var i = 0; i < 3; i++) (await stack.Provision(device)).Refused!.Code.ShouldBe("template-not-found");

        (await stack.Recorded(stack.TokenOf(device).FlowId)).ShouldBe(["provisioning.token-presented.v1", "provisioning.refused.v1"]);
    }

    // The same device on a connection of its own flow.
    static ProvisionThing Again(ProvisionThing device) => device with { Flow = device.Flow with { FlowId = Guid.CreateVersion7().ToString("N") } };
}
