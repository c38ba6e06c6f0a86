using System.Text.Json.Nodes;
using FleetPlatform.Contracts;
using FleetPlatform.Device;
using FleetPlatform.TestKit;

namespace FleetPlatform.Stories;

/// <summary>The commands of the README, as typed.</summary>
public sealed class CommandLineStories(Platform platform)
{
    [Fact]
    public async Task Quickstart_provisions_a_demo_device_and_why_tells_its_story()
    {
        var quickstart = (await platform.Fleet.Run("quickstart", "--serial", "demo-0001")).Succeeded();
        quickstart.Output.ShouldContain($"./fleet why demo-0001 --fleet-directory {platform.Fleet.Directory}");

        await Eventually.Holds(async () =>
        {
            var why = (await platform.Fleet.Run("why", "demo-0001")).Succeeded();
            why.Output.ShouldContain("certificate issued");
            why.Output.ShouldContain("Every recorded step of the last attempt went well.");
        });
        (await platform.Fleet.Run("events", "thing-demo-0001")).Succeeded().Output.ShouldContain("thing.registered.v1");
        var events = (await platform.Fleet.Run("events", "thing-demo-0001", "--json")).Succeeded().Output.Split('\n', StringSplitOptions.RemoveEmptyEntries).Select(line => JsonNode.Parse(line)!).ToArray();
        events.ShouldContain(recorded => recorded["type"]!.GetValue<string>() == "thing.registered.v1");
        events.Select(recorded => recorded["version"]!.GetValue<int>()).ShouldBe(Enumerable.Range(1, events.Length));
    }

    [Fact]
    public async Task Why_names_the_first_step_that_failed_and_what_to_do_found_by_serial_and_by_certificate()
    {
        var serial = platform.NewSerial("cli-failing");
        await platform.CreatesTemplate("disabled-template", enabled: false);
        await using var claim = await platform.ConnectsWithClaim(serial, Platform.OpenClaim);
        var created = await claim.CreatesFromCsr(Platform.OwnRequest(serial));
        await claim.Registers("disabled-template", created["certificateOwnershipToken"]!.GetValue<string>(), ("SerialNumber", serial));
        await platform.ExplainsWith(serial, "template-disabled");

        foreach (var subject in (string[])[serial, created["certificateId"]!.GetValue<string>()])
        {
            var why = (await platform.Fleet.Run("why", subject)).Succeeded().Output;
            why.ShouldContain("certificate issued");
            why.Split('\n').ShouldContain(line => line.Contains("FAIL", StringComparison.Ordinal) && line.Contains("provisioning refused", StringComparison.Ordinal) && line.Contains("template-disabled", StringComparison.Ordinal));
            why.ShouldContain("The first step that failed: ");
            why.ShouldContain("reason    template-disabled");
            why.ShouldContain($"what to do  {Reasons.TemplateDisabled.Remedy}");
        }
    }

    [Fact]
    public async Task Quickstart_again_is_harmless()
    {
        (await platform.Fleet.Run("quickstart", "--serial", "demo-0002")).Succeeded();
        (await platform.Fleet.Run("quickstart", "--serial", "demo-0003")).Succeeded();
    }

    [Fact]
    public async Task Simulate_provisions_a_fleet_and_sums_it_up()
    {
        var simulate = (await platform.Fleet.Run("simulate", "--devices", "40", "--parallel", "8")).Succeeded();

        simulate.Output.ShouldContain("40 of 40");
        foreach (var column in (string[])["p50 ms", "p95 ms", "p99 ms"]) simulate.Output.ShouldContain(column);
        foreach (var step in Enum.GetValues<DeviceStep>().Where(step => step <= DeviceStep.Reconnect)) simulate.Output.ShouldContain($"{step}");
        await CountsFailuresByReason();
    }

    // Nothing that devices send would do: their template is disabled. The one that simulations use exists since the first.
    async Task CountsFailuresByReason()
    {
        await EnablesSimulation(false);
        try
        {
            var simulate = await platform.Fleet.Run("simulate", "--devices", "3", "--parallel", "3");

            simulate.ExitCode.ShouldBe(1);
            simulate.Output.ShouldContain("0 of 3");
            simulate.Output.ShouldContain("failed       3 × RegisterThing: 404 TemplateNotFound");
        }
        finally
        {
            await EnablesSimulation(true);
        }
    }

    Task<JsonNode> EnablesSimulation(bool enabled) =>
        platform.Operator.Send(HttpMethod.Patch, "/provisioning-templates/simulate", new() { ["enabled"] = enabled }, CancellationToken.None);

    [Fact]
    public async Task Revoke_ends_a_thing()
    {
        var device = await platform.ProvisionsDevice("cli-revoked");

        (await platform.Fleet.Run("revoke", "--thing", device.ThingName, "--dry-run")).Succeeded().Output.ShouldContain("1 certificates");
        var revoke = (await platform.Fleet.Run("revoke", device.ThingName, "--reason", "superseded")).Succeeded();

        revoke.Output.ShouldContain("revoked 1 of 1 certificates");
        revoke.Output.ShouldContain("thing-registry");
        await platform.RefusesToConnect(device.Certificate, device.ThingName);
    }

    [Fact]
    public async Task Nothing_recorded_is_said_so_with_what_to_do()
    {
        var why = await platform.Fleet.Run("why", "SN-never-seen");

        why.ExitCode.ShouldBe(1);
        why.Output.ShouldContain("Nothing is recorded about SN-never-seen");

        var events = await platform.Fleet.Run("events", "thing-SN-never-seen");

        events.ExitCode.ShouldBe(1);
        events.Output.ShouldContain("No stream is called thing-SN-never-seen");
    }

    [Fact]
    public async Task A_verb_that_does_not_exist_is_refused_with_code_2() => (await platform.Fleet.Run("provision")).ExitCode.ShouldBe(2);
}
