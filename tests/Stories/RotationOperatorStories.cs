namespace FleetPlatform.Stories;

/// <summary>What an operator does about rotations, by the command line.</summary>
public sealed class RotationOperatorStories(Platform platform)
{
    const string Template = "rotation-operator";
    readonly RotatingDevices _devices = new(platform);

    async Task<string> Fleet(params string[] arguments) => (await platform.Fleet.Run(["rotation", .. arguments])).Succeeded().Output;

    [Fact]
    public async Task Policies_are_set_read_and_removed_and_a_forecast_counts_by_each_key()
    {
        const string scope = $"template/{Template}";
        await _devices.Provisioned("operator", Template);
        await Eventually.Holds(async () => (await _devices.Known(Template)).ShouldBeGreaterThan(0));

        await Fleet("policy", "set", scope, "--days-before", "20", "--jitter", "0.1", "--per-minute", "120", "--window", "Sat,Sun 02:00-05:00");
        (await Fleet("policy", "list")).ShouldContain($"{scope}  20 days before expiry, jitter 0.1, 120/min");
        var refused = await platform.Fleet.Run("rotation", "policy", "set", scope, "--jitter", "0.01");
        refused.ExitCode.ShouldNotBe(0);
        (refused.Output + refused.Errors).ShouldContain("jitter");

        (await Fleet("forecast", "--by", "week", "--weeks", "600")).ShouldContain("#");
        foreach (var key in (string[])["issuer", "group", "template"]) (await Fleet("forecast", "--by", key, "--json")).ShouldContain("\"key\":");

        await Fleet("policy", "delete", scope);
        (await Fleet("policy", "list")).ShouldNotContain($"{scope}  "); // others begin like it
    }

    [Fact]
    public async Task A_campaign_is_begun_watched_paused_resumed_and_called_off_and_so_is_one_rotation()
    {
        const string template = $"{Template}-campaign", name = "operator-1";
        var away = await _devices.Provisioned("away", template);
        await _devices.Provisioned("away", template);
        await Eventually.Holds(async () => (await _devices.Known(template)).ShouldBe(2));

        (await Fleet("campaign", "create", name, "--template", template, "--canary", "50", "--wave", "100", "--abort", "100")).ShouldContain($"{name}  running");
        await Eventually.Holds(async () => (await _devices.Campaign(name)).ShouldSatisfyAllConditions(
            campaign => campaign.UnderWay.ShouldBe(1), campaign => campaign.Pending.ShouldBe(1))); // the canary, and nobody else
        (await Fleet("campaign", "pause", name)).ShouldContain($"{name}  paused, wave 1");
        (await Fleet("campaign", "list")).ShouldContain($"{name}  paused");
        (await Fleet("campaign", "resume", name)).ShouldContain($"{name}  running, wave 1");
        (await Fleet("campaign", "cancel", name)).ShouldContain($"{name}  cancelled");

        await Eventually.Holds(async () => (await _devices.Campaign(name)).ShouldSatisfyAllConditions(
            campaign => campaign.RolledBack.ShouldBe(1), campaign => campaign.UnderWay.ShouldBe(0)));
        var watched = await platform.Fleet.Run("rotation", "campaign", "show", name, "--watch"); // over already: says so, and that it was not completed
        watched.ExitCode.ShouldBe(1);
        watched.Output.ShouldContain($"{name}  cancelled");

        await Eventually.Holds(async () => (await platform.Fleet.Run("rotation", "start", away.ThingName)).Succeeded());
        (await Fleet("cancel", away.ThingName)).ShouldContain("keeps its certificate");
        (await Fleet("show", away.ThingName)).ShouldContain("cancelled");
        await using var connection = await platform.Connects(away);
    }
}
