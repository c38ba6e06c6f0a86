using System.Globalization;

namespace Aspire.Hosting.Running;

/// <summary>Processes of a host that died: their guards are ending them, and two servers on one data folder would destroy it.</summary>
static class Leftovers
{
    static readonly TimeSpan Patience = TimeSpan.FromSeconds(15);

    /// <summary>Waits until nothing of the last host is left, and kills what is left after that.</summary>
    public static async Task Clear(FleetFolder folder, Action<string> say, CancellationToken cancellation)
    {
        if (StateFile.Read(folder) is not { } last) return;
        var left = Alive(last);
        if (left.Count > 0) say($"The last host ended without stopping: waiting for {string.Join(", ", left.Keys)}.");
        var until = Environment.TickCount64 + (long)Patience.TotalMilliseconds;
        while (Alive(last) is { Count: > 0 } && Environment.TickCount64 < until) await Task.Delay(100, cancellation);
        foreach (var (name, pid) in Alive(last))
        {
            say($"Killing {name} (process {pid}) of the last host.");
            await Machine.Try(["sh", "-c", $"kill -KILL -{pid}"], Patience, null, cancellation);
        }

        File.Delete(folder.State);
    }

    /// <summary>When a process started, in clock ticks since boot; null when there is none.</summary>
    public static long? StartTicksOf(int pid)
    {
        try
        {
            var stat = File.ReadAllText($"/proc/{pid}/stat");
            var fields = stat[(stat.LastIndexOf(')') + 2)..].Split(' ');
            return fields[0] is "Z" or "X" ? null : long.Parse(fields[19], CultureInfo.InvariantCulture); // field 22 of proc(5); 0 here is field 3
        }
        catch (IOException)
        {
            return null;
        }
    }

    static Dictionary<string, int> Alive(HostStatus last) => last.Resources
        .Where(pair => pair.Value is { Pid: { } pid, StartTicks: { } ticks } && StartTicksOf(pid) == ticks)
        .ToDictionary(pair => pair.Key, pair => pair.Value.Pid!.Value, StringComparer.Ordinal);
}
