using System.Globalization;

namespace FleetPlatform.TestKit;

/// <summary>Processes as the kernel shows them under /proc (proc(5)).</summary>
public static class ProcessTree
{
    const int Parent = 3;

    /// <summary>A process and its live descendants, parents before their children.</summary>
    /// <param name="root">The process.</param>
    /// <param name="leavesOut">Descendants that are left out, with everything under them; null: none are.</param>
    public static IReadOnlyList<int> Of(int root, Func<int, bool>? leavesOut = null)
    {
        var children = Directory.EnumerateDirectories("/proc")
            .Select(path => int.TryParse(Path.GetFileName(path.AsSpan()), CultureInfo.InvariantCulture, out var id) ? id : 0)
            .Where(id => id > 0)
            .Select(id => (Id: id, Stat: StatOf(id)))
            .Where(process => process.Stat is not null)
            .ToLookup(process => int.Parse(process.Stat![Parent], CultureInfo.InvariantCulture), process => process.Id);
        var tree = new List<int> { root };
        for (var i = 0; i < tree.Count; i++) tree.AddRange(children[tree[i]].Where(child => leavesOut?.Invoke(child) != true));
        return tree;
    }

    /// <summary>The fields of /proc/ID/stat, numbered from 0 as in proc(5) less one; the first two, of which the command name may hold blanks, are empty.</summary>
    /// <returns>Null when there is no such process any more.</returns>
    public static string[]? StatOf(int process)
    {
        try
        {
            var line = File.ReadAllText($"/proc/{process}/stat");
            return ["", "", .. line[(line.LastIndexOf(')') + 2)..].Split(' ')];
        }
        catch (IOException)
        {
            return null;
        }
    }
}
