using System.Diagnostics;
using System.Globalization;
using System.Text.Json.Nodes;
using FleetPlatform.Cli.ControlPlane;
using FleetPlatform.Contracts.RotationScheduler;
using FleetPlatform.Device;
using Spectre.Console;

namespace FleetPlatform.Cli.Commands;

/// <summary><c>fleet simulate --rotate</c>: the simulated fleet stays connected, and a campaign gives every device another certificate.</summary>
static class SimulateRotation
{
    public const int UsualAnswerSeconds = 15; // with faults, which are waited for
    const int BackOffSeconds = 30; // nobody waits a quarter of an hour before a terminal
    static readonly TimeSpan Look = TimeSpan.FromMilliseconds(200);

    /// <summary>Connects the fleet, runs the campaign, and says how it went.</summary>
    /// <param name="template">The template that only this fleet was provisioned with.</param>
    /// <param name="answerSeconds">How long each device has, when some have faults.</param>
    public static async Task<int> Run(
        string template, IReadOnlyList<SimulatedDevice> fleet, int parallel, int answerSeconds, ControlPlaneClient controlPlane, CancellationToken cancellation)
    {
        using var life = CancellationTokenSource.CreateLinkedTokenSource(cancellation);
        var simulator = new RotationSimulator(fleet, parallel);
        var running = simulator.Run(life.Token);
        while (simulator.Connected + simulator.Lost < fleet.Count) await Task.Delay(Look, cancellation);
        AnsiConsole.MarkupLineInterpolated($"{simulator.Connected} of {fleet.Count} connected.");

        await Known(template, simulator.Connected, controlPlane, cancellation);
        var began = Stopwatch.GetTimestamp();
        var misbehaving = fleet.Any(device => device.Fault is not null);
        if (misbehaving) await RetireAtOnce(template, answerSeconds, controlPlane, cancellation);
        var path = $"/fleet/rotation/campaigns/{template}";
        var campaign = await Begin(path, Campaign(template, misbehaving ? answerSeconds : null), controlPlane, cancellation);
        while (campaign.State == "running" || campaign.UnderWay > 0)
        {
            await Task.Delay(Look, cancellation);
            campaign = await Show(path, controlPlane, cancellation);
        }

        Print(campaign, simulator, Stopwatch.GetElapsedTime(began));
        var sound = misbehaving ? await SimulationVerdict.Print(fleet, controlPlane, cancellation) : campaign.Succeeded == fleet.Count;
        await life.CancelAsync();
        await running;
        return sound && simulator.Lost == 0 ? 0 : 1;
    }

    static async Task<CampaignDescription> Begin(string path, JsonObject body, ControlPlaneClient controlPlane, CancellationToken cancellation)
    {
        try
        {
            return await Patiently(() => controlPlane.Ask<CampaignDescription>(HttpMethod.Post, path, cancellation, body), cancellation);
        }
        catch (RequestRefusedException there) when (there.Name == "ResourceAlreadyExistsException")
        {
            return await Show(path, controlPlane, cancellation); // it was carried out, and the answer was lost
        }
    }

    static Task<CampaignDescription> Show(string path, ControlPlaneClient controlPlane, CancellationToken cancellation) =>
        Patiently(() => controlPlane.Ask<CampaignDescription>(HttpMethod.Get, path, cancellation), cancellation);

    /// <summary>Asks again while a part of the platform is away.</summary>
    internal static async Task<T> Patiently<T>(Func<Task<T>> ask, CancellationToken cancellation)
    {
        while (true)
        {
            try
            {
                return await ask();
            }
            catch (RequestRefusedException away) when (away.Name == "ServiceUnavailableException")
            {
                await Task.Delay(Look, cancellation);
            }
        }
    }

    // Who is told late rotates late, outside the campaign: then the policy says how long that may take, and when the old certificate goes.
    static Task<JsonNode> RetireAtOnce(string template, int answerSeconds, ControlPlaneClient controlPlane, CancellationToken cancellation) => controlPlane.Send(
        HttpMethod.Put, "/fleet/rotation/policies",
        new JsonObject { ["scope"] = $"template/{template}", ["answerSeconds"] = answerSeconds, ["overlapSeconds"] = 0, ["revokeAfterSeconds"] = 0 }, cancellation);

    // With faults: one attempt, all at once, and no abort, so that each device shows what becomes of it.
    static JsonObject Campaign(string template, int? answerSeconds) => new()
    {
        ["query"] = new JsonObject { ["template"] = template },
        ["canaryPercent"] = answerSeconds is null ? 1 : 100,
        ["wavePercent"] = 100,
        ["abortPercent"] = answerSeconds is null ? 5 : 100,
        ["perMinute"] = 100_000,
        ["attempts"] = answerSeconds is null ? 5 : 1,
        ["answerSeconds"] = answerSeconds ?? 300,
        ["backOffSeconds"] = BackOffSeconds,
        ["overlapSeconds"] = 0,
        ["revokeAfterSeconds"] = 0,
    };

    // News of registrations takes a moment to reach the scheduler.
    static async Task Known(string template, int devices, ControlPlaneClient controlPlane, CancellationToken cancellation)
    {
        while (true)
        {
            var forecast = await Patiently(() => controlPlane.Ask<RotationForecast>(HttpMethod.Get, "/fleet/rotation/forecast?by=template", cancellation), cancellation);
            if (forecast.Rows.FirstOrDefault(row => row.Key == template)?.Certificates >= devices) return;
            await Task.Delay(Look, cancellation);
        }
    }

    static void Print(CampaignDescription campaign, RotationSimulator simulator, TimeSpan took)
    {
        AnsiConsole.MarkupLineInterpolated($"{campaign.State}: {campaign.Succeeded} of {campaign.Targets} rotated in {took.TotalSeconds.ToString("0.0", CultureInfo.InvariantCulture)} s, {(campaign.Succeeded / took.TotalSeconds).ToString("0.0", CultureInfo.InvariantCulture)} rotations/s");
        AnsiConsole.MarkupLineInterpolated($"{campaign.Failed} failed, {simulator.Lost} devices without a working certificate");
        if (simulator.FirstLoss is { } loss) AnsiConsole.MarkupLineInterpolated($"[red]{loss}[/]");
        foreach (var (code, count) in campaign.Failures) AnsiConsole.MarkupLineInterpolated($"  {count} x {code}");
    }
}
