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

    /// <summary>Gives a command its action: 0 when it ran, 1 when it failed for a reason that was printed.</summary>
    public static Command Runs(this Command command, Func<ParseResult, FleetEndpoints, ControlPlaneClient, CancellationToken, Task<int>> run)
    {
        command.Options.Add(FleetDirectory);
        command.SetAction(async (parsed, cancellation) =>
        {
            try
            {
                var endpoints = FleetEndpoints.Read(parsed.GetValue(FleetDirectory)!);
                using var controlPlane = new ControlPlaneClient(endpoints);
                return await run(parsed, endpoints, controlPlane, cancellation);
            }
            catch (CommandFailedException failure)
            {
                return Fail(failure.Message, failure.Remedy);
            }
            catch (HttpRequestException failure)
            {
                return Fail($"The control plane did not answer: {failure.Message}", "Look at ./fleet up: is the platform healthy?");
            }
        });
        return command;
    }

    static int Fail(string message, string remedy)
    {
        AnsiConsole.MarkupLineInterpolated($"[red]{message}[/]");
        AnsiConsole.MarkupLineInterpolated($"{remedy}");
        return 1;
    }
}
