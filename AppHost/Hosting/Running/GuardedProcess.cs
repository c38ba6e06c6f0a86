using System.ComponentModel;
using System.Diagnostics;
using System.Runtime.InteropServices;

namespace Aspire.Hosting.Running;

/// <summary>What to run, and how it likes to be stopped.</summary>
sealed record ProcessPlan
{
    public required IReadOnlyList<string> Command { get; init; }

    public required string WorkingDirectory { get; init; }

    public IReadOnlyDictionary<string, string> Environment { get; init; } = new Dictionary<string, string>(StringComparer.Ordinal);

    /// <summary>Unprivileged user to run as when the host runs as root; null for the host's own.</summary>
    public string? User { get; init; }

    public PosixSignal StopSignal { get; init; } = PosixSignal.SIGTERM;

    /// <summary>Shell command that the guard runs after the host died and the process was ended; null for none.</summary>
    public string? Cleanup { get; init; }
}

/// <summary>
/// A child that cannot outlive the host. It leads a session of its own, so that a Ctrl-C in the terminal reaches the host alone, and
/// <c>guard.sh</c> ends its whole group when the host is gone: a parent-death signal would be tied to a thread of the host, not to the host.
/// </summary>
sealed partial class GuardedProcess : IDisposable
{
    static readonly TimeSpan GuardPatience = TimeSpan.FromSeconds(5);

    readonly Process _process;
    readonly PosixSignal _stopSignal;
    readonly Task _output;

    GuardedProcess(Process process, PosixSignal stopSignal, Task output)
    {
        _process = process;
        _stopSignal = stopSignal;
        _output = output;
    }

    /// <summary>The command's own process id, which is its group's too.</summary>
    public int Id => _process.Id;

    public static GuardedProcess Start(ProcessPlan plan, Action<string> writeLine)
    {
        var start = new ProcessStartInfo("setsid")
        {
            WorkingDirectory = plan.WorkingDirectory,
            UseShellExecute = false,
            RedirectStandardInput = true,
            RedirectStandardOutput = true,
            RedirectStandardError = true,
        };
        string[] guard =
        [
            "bash", Path.Combine(AppContext.BaseDirectory, "Hosting", "Running", "guard.sh"),
            plan.StopSignal == PosixSignal.SIGINT ? "INT" : "TERM", $"{GuardPatience.TotalSeconds * 10:0}", plan.Cleanup ?? "",
            .. Machine.AsUser(plan.User), .. plan.Command,
        ];
        foreach (var argument in guard) start.ArgumentList.Add(argument);
        foreach (var inherited in start.Environment.Keys.Where(IsTheHostsOwn).ToArray()) start.Environment.Remove(inherited);
        foreach (var (name, value) in plan.Environment) start.Environment[name] = value;

        var process = new Process { StartInfo = start };
        try
        {
            process.Start();
        }
        catch (Win32Exception missing)
        {
            throw new DistributedApplicationException("'setsid' is missing. Install it with: sudo apt-get install -y util-linux", missing);
        }

        return new(process, plan.StopSignal, Task.WhenAll(Pump(process.StandardOutput, writeLine), Pump(process.StandardError, writeLine)));
    }

    /// <summary>Ends with the exit code, 128 plus the signal when a signal ended it.</summary>
    public async Task<int> WaitForExit()
    {
        await _process.WaitForExitAsync();
        Release();
        await Task.WhenAny(_output, Task.Delay(TimeSpan.FromSeconds(1))); // a stray grandchild may hold the pipe open
        return _process.ExitCode;
    }

    /// <summary>Asks the process to end, and kills its group when it has not after <paramref name="patience"/>.</summary>
    public async Task Stop(TimeSpan patience)
    {
        Signal(_stopSignal == PosixSignal.SIGINT ? SigInt : SigTerm);
        try
        {
            await _process.WaitForExitAsync().WaitAsync(patience);
        }
        catch (TimeoutException)
        {
            _ = kill(-Id, SigKill);
            await _process.WaitForExitAsync();
        }
    }

    public void Dispose() => _process.Dispose();

    void Signal(int signal)
    {
        if (!_process.HasExited) _ = kill(Id, signal);
    }

    void Release()
    {
        try
        {
            _process.StandardInput.WriteLine("released");
            _process.StandardInput.Close();
        }
        catch (IOException)
        {
            // The watcher is gone already.
        }
    }

    // Listening addresses and launch settings meant for the host would mislead a service.
    static bool IsTheHostsOwn(string name) =>
        name is "ASPNETCORE_URLS" or "URLS" or "DOTNET_URLS" or "HTTP_PORTS" or "HTTPS_PORTS" or "ASPNETCORE_HTTP_PORTS" or "DOTNET_LAUNCH_PROFILE" or "MSBuildSDKsPath"
        || name.StartsWith("MSBUILD", StringComparison.Ordinal) || name.StartsWith("ConnectionStrings__", StringComparison.Ordinal) || name.StartsWith("Parameters__", StringComparison.Ordinal);

    static async Task Pump(StreamReader from, Action<string> writeLine)
    {
        while (await from.ReadLineAsync() is { } line) writeLine(line);
    }

    const int SigInt = 2;
    const int SigKill = 9;
    const int SigTerm = 15;

#pragma warning disable SYSLIB1054 // source-generated marshalling would need unsafe code for two integers
    [DllImport("libc", SetLastError = true), DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    static extern int kill(int process, int signal);
#pragma warning restore SYSLIB1054
}
