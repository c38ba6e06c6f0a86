using System.Diagnostics;

namespace Aspire.Hosting.Running;

/// <summary>What this machine has: programs, users, folders that they can reach.</summary>
static class Machine
{
    public static bool IsRoot => Environment.IsPrivilegedProcess;

    /// <summary>Full path of a program on PATH; null when there is none.</summary>
    public static string? Find(string program) =>
        (Environment.GetEnvironmentVariable("PATH") ?? "").Split(':', StringSplitOptions.RemoveEmptyEntries)
        .Select(folder => Path.Combine(folder, program))
        .FirstOrDefault(File.Exists);

    /// <summary>Prefix that runs a command as an unprivileged user, if the host is root; empty otherwise.</summary>
    public static string[] AsUser(string? user) =>
        user is null || !IsRoot ? [] : ["setpriv", $"--reuid={user}", $"--regid={user}", "--init-groups", "--"];

    /// <summary>Runs a short command to its end. Its output is in the exception when it fails.</summary>
    /// <exception cref="DistributedApplicationException">It ended with another code than 0.</exception>
    public static async Task<string> Run(IReadOnlyList<string> command, string? workingDirectory, CancellationToken cancellation)
    {
        var (code, output) = await Try(command, TimeSpan.FromMinutes(2), workingDirectory, cancellation);
        return code == 0 ? output : throw new DistributedApplicationException($"'{string.Join(' ', command)}' ended with code {code}:\n{output.Trim()}");
    }

    /// <summary>Runs a short command; code 127 when there is no such program, 124 when it took longer than its time and was killed.</summary>
    public static async Task<(int Code, string Output)> Try(IReadOnlyList<string> command, TimeSpan patience, string? workingDirectory, CancellationToken cancellation)
    {
        var start = new ProcessStartInfo(command[0]) { UseShellExecute = false, RedirectStandardInput = true, RedirectStandardOutput = true, RedirectStandardError = true, WorkingDirectory = workingDirectory ?? "/" };
        foreach (var argument in command.Skip(1)) start.ArgumentList.Add(argument);
        using var process = new Process { StartInfo = start };
        try
        {
            process.Start();
        }
        catch (System.ComponentModel.Win32Exception missing)
        {
            return (127, missing.Message);
        }

        process.StandardInput.Close();
        using var limit = CancellationTokenSource.CreateLinkedTokenSource(cancellation);
        limit.CancelAfter(patience);
        try
        {
            var output = process.StandardOutput.ReadToEndAsync(limit.Token);
            var errors = process.StandardError.ReadToEndAsync(limit.Token);
            await process.WaitForExitAsync(limit.Token);
            return (process.ExitCode, await output + await errors);
        }
        catch (OperationCanceledException)
        {
            process.Kill(entireProcessTree: true);
            cancellation.ThrowIfCancellationRequested();
            return (124, $"no answer within {patience.TotalSeconds:0} s");
        }
    }

    /// <summary>
    /// A folder that an unprivileged user owns, at <paramref name="wanted"/>; where that user cannot reach it (a clone under /root),
    /// it lies in /var/lib and <paramref name="wanted"/> is a link to it.
    /// </summary>
    public static async Task<string> FolderOf(string? user, string wanted, string fingerprint, CancellationToken cancellation)
    {
        if (user is null || !IsRoot)
        {
            Directory.CreateDirectory(wanted, UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute);
            return wanted;
        }

        var parent = Path.GetDirectoryName(wanted)!;
        Directory.CreateDirectory(parent);
        var (code, _) = await Try([.. AsUser(user), "test", "-x", parent], TimeSpan.FromSeconds(10), null, cancellation);
        var folder = code == 0 ? wanted : $"/var/lib/fleet-platform/{fingerprint}/{Path.GetFileName(wanted)}";
        Directory.CreateDirectory(folder);
        await Run(["chown", user, folder], null, cancellation);
        await Run(["chmod", "0700", folder], null, cancellation);
        if (folder != wanted && !Path.Exists(wanted)) File.CreateSymbolicLink(wanted, folder);
        return folder;
    }
}
