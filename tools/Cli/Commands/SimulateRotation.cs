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
    static readonly TimeSpan Look = TimeSpan.FromMilliseconds(200);

    /// <summary>Connects the fleet, runs the campaign, and says how it went.</summary>
    /// <param name="template">The template that only this fleet was provisioned with.</param>
    public static async Task<int> Run(
        string template, IReadOnlyList<(DeviceOptions, ICredentialStore)> fleet, int parallel, ControlPlaneClient controlPlane, CancellationToken cancellation)
    {
        using var life = CancellationTokenSource.CreateLinkedTokenSource(cancellation);
        var simulator = new RotationSimulator(fleet, parallel);
        var running = simulator.Run(life.Token);
        while (simulator.Connected + simulator.Lost < fleet.Count) await Task.Delay(Look, cancellation);
        AnsiConsole.MarkupLineInterpolated($"{simulator.Connected} of {fleet.Count} connected.");

        await Known(template, simulator.Connected, controlPlane, cancellation);
        var began = Stopwatch.GetTimestamp();
        var campaign = await controlPlane.Ask<CampaignDescription>(HttpMethod.Post, $"/fleet/rotation/campaigns/{template}", cancellation, new JsonObject
        {
            ["query"] = new JsonObject { ["template"] = template },
            ["canaryPercent"] = 1,
            ["wavePercent"] = 100,
            ["perMinute"] = 100_000,
            ["answerSeconds"] = 300,
            ["overlapSeconds"] = 0,
            ["revokeAfterSeconds"] = 0,
        });
        while (campaign.State == "running" || campaign.UnderWay > 0)
        {
            await Task.Delay(Look, cancellation);
            campaign = await controlPlane.Ask<CampaignDescription>(HttpMethod.Get, $"/fleet/rotation/campaigns/{template}", cancellation);
        }

        Print(campaign, simulator, Stopwatch.GetElapsedTime(began));
        await life.CancelAsync();
        await running;
        return campaign.Succeeded == fleet.Count && simulator.Lost == 0 ? 0 : 1;
    }

    // News of registrations takes a moment to reach the scheduler.
    static async Task Known(string template, int devices, ControlPlaneClient controlPlane, CancellationToken cancellation)
    {
        while (true)
        {
            var forecast = await controlPlane.Ask<RotationForecast>(HttpMethod.Get, "/fleet/rotation/forecast?by=template", cancellation);
            if (forecast.Rows.FirstOrDefault(row => row.Key == template)?.Certificates >= devices) return;
            await Task.Delay(Look, cancellation);
        }
    }

    static void Print(CampaignDescription campaign, RotationSimulator simulator, TimeSpan took)
    {
        AnsiConsole.MarkupLineInterpolated($"{campaign.State}: {campaign.Succeeded} of {campaign.Targets} rotated in {took.TotalSeconds.ToString("0.0", CultureInfo.InvariantCulture)} s, {(campaign.Succeeded / took.TotalSeconds).ToString("0.0", CultureInfo.InvariantCulture)} rotations/s");
        AnsiConsole.MarkupLineInterpolated($"{campaign.Failed} failed, {simulator.Lost} devices without a working certificate");
        foreach (var (code, count) in campaign.Failures) AnsiConsole.MarkupLineInterpolated($"  {count} x {code}");
    }
}
