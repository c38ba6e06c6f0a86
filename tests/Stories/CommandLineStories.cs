using FleetPlatform.TestKit;

namespace FleetPlatform.Stories;

/// <summary>The commands of the README, as typed.</summary>
public sealed class CommandLineStories(Platform platform)
{
    [Fact]
    public async Task Quickstart_provisions_a_demo_device_and_why_tells_its_story()
    {
        var quickstart = (await Run("quickstart", "--serial", "demo-0001")).Succeeded();
        quickstart.Output.ShouldContain("demo-0001");

        await Eventually.Holds(async () =>
        {
            var why = (await Run("why", "demo-0001")).Succeeded();
            why.Output.ShouldContain("certificate issued");
            why.Output.ShouldContain("Every recorded step of the last attempt went well.");
        });
        (await Run("events", "thing-demo-0001")).Succeeded().Output.ShouldContain("thing.registered.v1");
    }

    [Fact]
    public async Task Quickstart_again_is_harmless()
    {
        (await Run("quickstart", "--serial", "demo-0002")).Succeeded();
        (await Run("quickstart", "--serial", "demo-0003")).Succeeded();
    }

    [Fact]
    public async Task Simulate_provisions_a_fleet_and_sums_it_up()
    {
        var simulate = (await Run("simulate", "--devices", "40", "--parallel", "8")).Succeeded();

        simulate.Output.ShouldContain("40 of 40");
        simulate.Output.ShouldContain("p99");
    }

    [Fact]
    public async Task Revoke_ends_a_thing()
    {
        var device = await platform.ProvisionsDevice("cli-revoked");

        (await Run("revoke", "--thing", device.ThingName, "--dry-run")).Succeeded().Output.ShouldContain("1 certificates");
        var revoke = (await Run("revoke", device.ThingName, "--reason", "superseded")).Succeeded();

        revoke.Output.ShouldContain("revoked 1 of 1 certificates");
        revoke.Output.ShouldContain("thing-registry");
        await platform.RefusesToConnect(device.Certificate, device.ThingName);
    }

    [Fact]
    public async Task Nothing_recorded_is_said_so_with_what_to_do()
    {
        var why = await Run("why", "SN-never-seen");

        why.ExitCode.ShouldBe(1);
        why.Output.ShouldContain("Nothing is recorded about SN-never-seen");
    }

    Task<CommandResult> Run(params string[] arguments) =>
        Command.Run(Path.Combine(Repository.Root, "fleet"), [.. arguments, "--fleet-directory", platform.Fleet.Directory], TimeSpan.FromMinutes(2));
}
