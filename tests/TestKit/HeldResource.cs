using System.Globalization;

namespace FleetPlatform.TestKit;

/// <summary>A resource whose processes have been stopped where they were (SIGSTOP): connections to it stay open and say nothing.</summary>
public sealed class HeldResource : IAsyncDisposable
{
    readonly IReadOnlyList<int> _processes;
    bool _killed;

    HeldResource(string resource, IReadOnlyList<int> processes) => (Resource, _processes) = (resource, processes);

    /// <summary>What is held.</summary>
    public string Resource { get; }

    /// <summary>The one that the host started.</summary>
    public int ProcessId => _processes[0];

    internal static async Task<HeldResource> Stop(string resource, int processId)
    {
        // The parent first: it has no more children then.
        (await Signal("STOP", [processId])).Succeeded();
        var held = new HeldResource(resource, ProcessTree.Of(processId, leavesOut: IsGuard));
        await Signal("STOP", held._processes.Skip(1));
        return held;
    }

    /// <summary>Kills it, as a crash would; the host starts it again.</summary>
    public async ValueTask DisposeAsync()
    {
        if (_killed) return;
        _killed = true;
        await Signal("KILL", _processes);
    }

    // Some of the processes may have ended meanwhile.
    static Task<CommandResult> Signal(string signal, IEnumerable<int> processes) =>
        Command.Run("kill", [$"-{signal}", .. processes.Select(process => process.ToString(CultureInfo.InvariantCulture))]);

    // The host's watcher (guard.sh) hangs below what it guards.
    static bool IsGuard(int process)
    {
        try
        {
            return File.ReadAllText($"/proc/{process}/cmdline").Split('\0') is [_, "-c", _, "guard", ..];
        }
        catch (Exception gone) when (gone is IOException or UnauthorizedAccessException)
        {
            return false;
        }
    }
}
