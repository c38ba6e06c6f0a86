using System.CommandLine;
using FleetPlatform.Cli.ControlPlane;
using Spectre.Console;

namespace FleetPlatform.Cli;

/// <summary>What every command does the same way: find the platform, turn a failure into a sentence and an exit code.</summary>
static class CommandLine
{
    /// <summary>Of every command: the fleet directory of the platform to talk to.</summary>
    public static readonly Option<string> FleetDirectory = new("--fleet-directory")
    {
        Description = "Directory of the running platform (default: FLEET_DIRECTORY, else .fleet here).",
        DefaultValueFactory = _ => Environment.GetEnvironmentVariable("FLEET_DIRECTORY") ?? ".fleet",
    };

    /// <summary>What the next command must be told to find the same platform; empty when nothing was said.</summary>
    public static string FolderOption(ParseResult parsed) =>
        parsed.GetResult(FleetDirectory) is { Implicit: false } ? $" --fleet-directory {parsed.GetValue(FleetDirectory)}" : "";

    /// <summary>Gives a command its action: 0 when it ran, 1 when it failed for a reason that was printed.</summary>
    public static Command Runs(this Command command, Func<ParseResult, FleetEndpoints, ControlPlaneClient, CancellationToken, Task<int>> run)
    {
        command.Options.Add(FleetDirectory);
        return command.RunsAlone(async (parsed, cancellation) =>
        {
            var endpoints = FleetEndpoints.Read(parsed.GetValue(FleetDirectory)!);
            using var controlPlane = new ControlPlaneClient(endpoints);
            try
            {
                return await run(parsed, endpoints, controlPlane, cancellation);
            }
            catch (HttpRequestException failure)
            {
                return Fail($"The control plane did not answer: {failure.Message}", "Look at ./fleet up: is the platform healthy?");
            }
        });
    }

    /// <summary>The same, of a command that needs no platform.</summary>
    public static Command RunsAlone(this Command command, Func<ParseResult, CancellationToken, Task<int>> run)
    {
        command.SetAction(async (parsed, cancellation) =>
        {
            try
            {
                return await run(parsed, cancellation);
            }
            catch (CommandFailedException failure)
            {
                return Fail(failure.Message, failure.Remedy);
            }
            catch (OperationCanceledException) when (cancellation.IsCancellationRequested)
            {
                Fail("Interrupted.", "Run the same command again; factory and bulk go on where they stopped.");
                return Interrupted;
            }
            catch (Exception failure) when (failure is IOException or UnauthorizedAccessException)
            {
                return Fail(failure.Message, "Name a file that is there, in a folder that you may use.");
            }
        });
        return command;
    }

    const int Interrupted = 130; // as shells say of SIGINT

    static int Fail(string message, string remedy)
    {
        AnsiConsole.MarkupLineInterpolated($"[red]{message}[/]");
        AnsiConsole.MarkupLineInterpolated($"{remedy}");
        return 1;
    }
}
