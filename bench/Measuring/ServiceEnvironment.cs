using System.Text;
using FleetPlatform.TestKit;

namespace FleetPlatform.Bench.Measuring;

/// <summary>What the host told a service by its environment: where its database is, which port it has.</summary>
static class ServiceEnvironment
{
    public static IReadOnlyDictionary<string, string> Of(Fleet fleet, string resource) =>
        Encoding.UTF8.GetString(File.ReadAllBytes($"/proc/{fleet.ProcessId(resource)}/environ")).Split('\0', StringSplitOptions.RemoveEmptyEntries)
            .Select(line => line.Split('=', 2)).Where(pair => pair.Length == 2).ToDictionary(pair => pair[0], pair => pair[1], StringComparer.Ordinal);

    /// <summary>Largest resident memory so far, in MiB.</summary>
    public static double PeakMebibytes(int processId) =>
        File.ReadLines($"/proc/{processId}/status").First(line => line.StartsWith("VmHWM", StringComparison.Ordinal)) is var line
            ? double.Parse(line.Split(' ', StringSplitOptions.RemoveEmptyEntries)[1], System.Globalization.CultureInfo.InvariantCulture) / 1024
            : 0;
}
