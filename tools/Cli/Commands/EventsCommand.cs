using System.CommandLine;
using System.Text.Json;
using FleetPlatform.Cli.ControlPlane;
using FleetPlatform.Contracts;
using Spectre.Console;

namespace FleetPlatform.Cli.Commands;

/// <summary><c>fleet events thing-SN-0042</c>: a stream as recorded.</summary>
static class EventsCommand
{
    static readonly Argument<string> Stream = new("stream") { Description = "Stream name, for example thing-SN-0042 or certificate-<id>." };
    static readonly Option<bool> AsJson = new("--json") { Description = "One JSON object a line." };

    public static Command Create() => new Command("events", "Prints a stream as recorded.") { Stream, AsJson }.Runs(Run);

    static async Task<int> Run(ParseResult parsed, FleetEndpoints endpoints, ControlPlaneClient controlPlane, CancellationToken cancellation)
    {
        var stream = parsed.GetValue(Stream)!;
        var printed = 0L;
        while (true)
        {
            var page = await controlPlane.ReadStream(stream, printed + 1, cancellation);
            foreach (var recorded in page) Print(recorded, parsed.GetValue(AsJson));
            printed = page.Count == 0 ? printed : page[^1].Version;
            if (page.Count < 1000) break;
        }

        if (printed == 0)
            throw new CommandFailedException($"No stream is called {stream}.", "Names: thing-{name}, certificate-{id}, principal-{id}, provisioning-{flow}, session-{session}, template-{name}, policy-{name}, issuer-{id}, revocation-{id}.");
        return 0;
    }

    static void Print(RecordedEventView recorded, bool asJson)
    {
        if (asJson)
        {
            Console.WriteLine(JsonSerializer.Serialize(recorded, JsonSerializerOptions.Web));
            return;
        }

        AnsiConsole.MarkupLineInterpolated($"[grey]{recorded.Version,4}  {recorded.Timestamp:yyyy-MM-dd HH:mm:ss.fff}[/]  [bold]{recorded.Type}[/]");
        foreach (var member in JsonDocument.Parse(recorded.Data).RootElement.EnumerateObject())
            AnsiConsole.MarkupLineInterpolated($"      [grey]{member.Name}[/] {Shorten(member.Value.ToString())}");
        if (recorded.TraceId is not null) AnsiConsole.MarkupLineInterpolated($"      [grey]trace {recorded.TraceId}[/]");
    }

    static string Shorten(string value) => value.Length <= 160 ? value : $"{value[..150]}… ({value.Length} characters; --json prints all)";
}
