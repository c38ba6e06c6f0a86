using System.Diagnostics;

namespace FleetPlatform.TestKit;

/// <summary>A program outside this process, run to its end.</summary>
public static class Command
{
    /// <summary>Runs a program with arguments; it is killed with its children when it takes longer than <paramref name="within"/> (<see cref="Eventually.Patience"/> when not given).</summary>
    public static async Task<CommandResult> Run(
        string program, IEnumerable<string> arguments, TimeSpan? within = null, string? directory = null, IReadOnlyDictionary<string, string>? environment = null)
    {
        var start = new ProcessStartInfo(program, arguments)
        {
            RedirectStandardOutput = true,
            RedirectStandardError = true,
            RedirectStandardInput = true,
            UseShellExecute = false,
            WorkingDirectory = directory ?? Repository.Root,
        };
        foreach (var (name, value) in environment ?? new Dictionary<string, string>()) start.Environment[name] = value;

        using var process = Process.Start(start) ?? throw new InvalidOperationException($"{program} did not start.");
        process.StandardInput.Close();
        var output = process.StandardOutput.ReadToEndAsync();
        var errors = process.StandardError.ReadToEndAsync();
        using var patience = new CancellationTokenSource(within ?? Eventually.Patience);
        try
        {
            await process.WaitForExitAsync(patience.Token);
        }
        catch (OperationCanceledException late)
        {
            process.Kill(entireProcessTree: true);
            throw new TimeoutException($"{program} {string.Join(' ', arguments)} took longer than {within}.\n{await output}\n{await errors}", late);
        }

        return new(process.ExitCode, await output, await errors);
    }
}

/// <summary>How a program ended and what it printed.</summary>
public sealed record CommandResult(int ExitCode, string Output, string Errors)
{
    /// <summary>This, or an exception with everything it printed when it failed.</summary>
    public CommandResult Succeeded() =>
        ExitCode == 0 ? this : throw new InvalidOperationException($"Exit code {ExitCode}.\n{Output}\n{Errors}");
}
