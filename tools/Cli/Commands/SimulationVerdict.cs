using System.Diagnostics;
using FleetPlatform.Cli.ControlPlane;
using FleetPlatform.Contracts.RotationScheduler;
using FleetPlatform.Contracts.ThingRegistry;
using FleetPlatform.Device;
using Spectre.Console;

namespace FleetPlatform.Cli.Commands;

/// <summary>After a campaign over devices with faults: has every device one certificate that works, the one it uses, and every failure a reason?</summary>
static class SimulationVerdict
{
    static readonly TimeSpan Patience = TimeSpan.FromMinutes(2);
    static readonly TimeSpan Look = TimeSpan.FromMilliseconds(500);

    /// <summary>Prints what became of each kind.</summary>
    /// <returns>Whether it all holds; what is unproven is revoked within some turns of the scheduler, which is waited for.</returns>
    public static async Task<bool> Print(IReadOnlyList<SimulatedDevice> fleet, ControlPlaneClient controlPlane, CancellationToken cancellation)
    {
        var (wrong, began) = (fleet.ToList(), Stopwatch.StartNew());
        var outcomes = new Dictionary<SimulatedDevice, RotationView?>();
        while (wrong.Count > 0)
        {
            var still = new List<SimulatedDevice>();
            foreach (var device in wrong)
            {
                var shown = await SimulateRotation.Patiently(() => controlPlane.Ask<ThingRotations>(
                    HttpMethod.Get, $"/fleet/rotation/things/{device.Store.ReadIdentity()!.ThingName}", cancellation), cancellation);
                outcomes[device] = shown.Rotations is [var latest, ..] ? latest : null;
                if (!IsSound(device, shown)) still.Add(device);
            }

            wrong = still;
            if (wrong.Count == 0 || began.Elapsed > Patience) break;
            await Task.Delay(Look, cancellation);
        }

        Print(outcomes);
        AnsiConsole.MarkupLineInterpolated($"{fleet.Count - wrong.Count} of {fleet.Count} devices have exactly one certificate that works, and use it; every failure has its reason.");
        foreach (var device in wrong) AnsiConsole.MarkupLineInterpolated($"[red]Not so: {device.Store.ReadIdentity()!.ThingName} ({Name(device)})[/]");
        return wrong.Count == 0;
    }

    static bool IsSound(SimulatedDevice device, ThingRotations shown) =>
        shown.Certificates.Where(certificate => certificate.Status == CertificateStatus.Active).ToArray() is [var only]
        && only.CertificateId == device.Store.ReadDevice()!.CertificateId
        && shown.Rotations is [{ EndedAt: not null } latest, ..] && (latest.Phase == "completed" || latest.FailureCode is not null);

    static void Print(Dictionary<SimulatedDevice, RotationView?> outcomes)
    {
        var table = new Table { Border = TableBorder.Simple };
        table.AddColumns("device", "count", "ended");
        foreach (var kind in outcomes.GroupBy(pair => (Name(pair.Key), Outcome(pair.Value))).OrderBy(kind => kind.Key.Item1, StringComparer.Ordinal))
            table.AddRow(kind.Key.Item1, $"{kind.Count()}", kind.Key.Item2);
        AnsiConsole.Write(table);
    }

    static string Name(SimulatedDevice device) => device.Fault?.ToString() ?? "(sound)";

    static string Outcome(RotationView? rotation) => rotation?.FailureCode ?? rotation?.Phase ?? "no rotation";
}
