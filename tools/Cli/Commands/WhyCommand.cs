using System.CommandLine;
using System.Text.Json;
using FleetPlatform.Cli.ControlPlane;
using FleetPlatform.Contracts;
using Spectre.Console;

namespace FleetPlatform.Cli.Commands;

/// <summary><c>fleet why SN-0042</c>: what happened to a device, step by step, and what to do about the first step that failed.</summary>
static class WhyCommand
{
    static readonly Argument<string> Subject = new("subject")
    {
        Description = "Serial number, thing name, client id, common name of its CSR, certificate id or flow id.",
    };

    static readonly Option<bool> AsJson = new("--json") { Description = "The steps as one JSON array." };

    public static Command Create() =>
        new Command("why", "Prints a device's timeline and explains its first failure.") { Subject, AsJson }.Runs(Run);

    static async Task<int> Run(ParseResult parsed, FleetEndpoints endpoints, ControlPlaneClient controlPlane, CancellationToken cancellation)
    {
        var subject = parsed.GetValue(Subject)!;
        var (steps, missing) = await controlPlane.FindFlow(subject, cancellation);
        if (missing.Count > 0)
            await Console.Error.WriteLineAsync($"Not the whole story: {string.Join(", ", missing)} did not answer in time. Ask again.");
        if (steps.Count == 0)
            throw missing.Count > 0 ? new CommandFailedException($"Nothing was found of {subject}, and not all could be asked.", "./fleet doctor says how the parts of the platform are.") : new CommandFailedException(
                $"Nothing is recorded about {subject}.",
                "Ask by its client id or its CSR's common name too. If nothing is recorded under those, it has not reached the platform: check its endpoint, its root certificate and that it holds the claim's private key.");

        if (parsed.GetValue(AsJson))
            Console.WriteLine(JsonSerializer.Serialize(steps, JsonSerializerOptions.Web));
        else
            Timeline.Print(subject, steps);
        return 0;
    }
}
