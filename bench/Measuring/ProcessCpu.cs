using System.Globalization;
using FleetPlatform.TestKit;

namespace FleetPlatform.Bench.Measuring;

/// <summary>CPU time and memory of a process and everything under it, from the kernel's own accounting.</summary>
static class ProcessCpu
{
    // USER_HZ is 100 on every Linux that .NET runs on.
    const double MillisecondsPerTick = 10;

    /// <summary>User and system time in milliseconds, of the process, its live descendants and its children that have ended.</summary>
    public static double Milliseconds(int processId)
    {
        var ticks = 0L;
        foreach (var member in ProcessTree.Of(processId))
        {
            var fields = ProcessTree.StatOf(member);
            if (fields is null) continue;
            ticks += Field(fields, 13) + Field(fields, 14) + Field(fields, 15) + Field(fields, 16);
        }

        return ticks * MillisecondsPerTick;
    }

    /// <summary>Resident memory in MiB, of the process and its live descendants; shared pages are counted once a process.</summary>
    public static double ResidentMebibytes(int processId) =>
        ProcessTree.Of(processId).Sum(ResidentPages) * Environment.SystemPageSize / (1024.0 * 1024.0);

    static long ResidentPages(int processId)
    {
        try
        {
            return long.Parse(File.ReadAllText($"/proc/{processId}/statm").Split(' ')[1], CultureInfo.InvariantCulture);
        }
        catch (IOException)
        {
            return 0;
        }
    }

    static long Field(string[] fields, int number) => long.Parse(fields[number], CultureInfo.InvariantCulture);
}
