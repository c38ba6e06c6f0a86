using System.Globalization;

namespace FleetPlatform.Bench.Measuring;

/// <summary>CPU time and memory of a process and everything under it, from the kernel's own accounting.</summary>
static class ProcessCpu
{
    // USER_HZ is 100 on every Linux that .NET runs on.
    const double MillisecondsPerTick = 10;

    /// <summary>User and system time in milliseconds, of the process, its live descendants and its children that have ended.</summary>
    public static double Milliseconds(int processId)
    {
        var parents = Parents();
        var ticks = 0L;
        foreach (var member in Tree(processId, parents))
        {
            var fields = Stat(member);
            if (fields is null) continue;
            ticks += Field(fields, 13) + Field(fields, 14) + Field(fields, 15) + Field(fields, 16);
        }

        return ticks * MillisecondsPerTick;
    }

    /// <summary>Resident memory in MiB, of the process and its live descendants; shared pages are counted once a process.</summary>
    public static double ResidentMebibytes(int processId) =>
        Tree(processId, Parents()).Sum(ResidentPages) * Environment.SystemPageSize / (1024.0 * 1024.0);

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

    static List<int> Tree(int root, ILookup<int, int> parents)
    {
        var tree = new List<int> { root };
        for (var i = 0; i < tree.Count; i++) tree.AddRange(parents[tree[i]]);
        return tree;
    }

    static ILookup<int, int> Parents() => Directory.EnumerateDirectories("/proc")
        .Select(path => int.TryParse(Path.GetFileName(path.AsSpan()), CultureInfo.InvariantCulture, out var id) ? id : 0)
        .Where(id => id > 0)
        .Select(id => (Id: id, Stat: Stat(id)))
        .Where(process => process.Stat is not null)
        .ToLookup(process => (int)Field(process.Stat!, 3), process => process.Id);

    // Fields are numbered from 0 as in proc(5) less one; the command name, which may hold blanks, is field 1.
    static string[]? Stat(int processId)
    {
        try
        {
            var line = File.ReadAllText($"/proc/{processId}/stat");
            var end = line.LastIndexOf(')');
            return ["", "", .. line[(end + 2)..].Split(' ')];
        }
        catch (IOException)
        {
            return null;
        }
    }

    static long Field(string[] fields, int number) => long.Parse(fields[number], CultureInfo.InvariantCulture);
}
