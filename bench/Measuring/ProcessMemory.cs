namespace FleetPlatform.Bench.Measuring;

/// <summary>What the kernel knows of a process's memory.</summary>
static class ProcessMemory
{
    /// <summary>Largest resident memory so far, in MiB.</summary>
    public static double PeakMebibytes(int processId) =>
        File.ReadLines($"/proc/{processId}/status").First(line => line.StartsWith("VmHWM", StringComparison.Ordinal)) is var line
            ? double.Parse(line.Split(' ', StringSplitOptions.RemoveEmptyEntries)[1], System.Globalization.CultureInfo.InvariantCulture) / 1024
            : 0;
}
