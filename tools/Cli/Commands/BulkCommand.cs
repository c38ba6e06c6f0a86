using System.CommandLine;
using System.Text.Json.Nodes;
using FleetPlatform.Cli.ControlPlane;
using FleetPlatform.Cli.Factory;
using Spectre.Console;

namespace FleetPlatform.Cli.Commands;

/// <summary><c>fleet bulk</c>: many devices by a file of parameters and a template (AWS: bulk registration). The platform carries it out by itself.</summary>
static class BulkCommand
{
    const string Bucket = "fleet";
    static readonly TimeSpan Poll = TimeSpan.FromMilliseconds(500);

    static readonly Argument<string> Input = new("file") { Description = "JSON lines, an object of parameters each; or a CSV whose columns are the parameters." };
    static readonly Option<string> Template = new("--template-file") { Description = "The template's body: a bulk template names the certificate by CSR, PEM or id.", Required = true };
    static readonly Option<bool> Wait = new("--wait") { Description = "Waits for the end; 1 when a line failed." };
    static readonly Option<string?> Out = new("--out") { Description = "With --wait: folder for results.jsonl and errors.jsonl." };
    static readonly Option<string> Folder = new("--out") { Description = "Folder for results.jsonl and errors.jsonl.", Required = true };
    static readonly Argument<string> TaskId = new("task") { Description = "Id of a task (./fleet bulk list)." };

    public static Command Create() => new("bulk", "Registers many devices by a file of parameters and a template.")
    {
        new Command("start", "Uploads the file and starts a task.") { Input, Template, Wait, Out }.Runs(Start),
        new Command("list", "The tasks, newest first.").Runs(List),
        new Command("show", "How far a task is.") { TaskId }.Runs(async (parsed, _, controlPlane, cancellation) =>
        {
            Print(await controlPlane.DescribeRegistrationTask(parsed.GetValue(TaskId)!, cancellation));
            return 0;
        }),
        new Command("cancel", "Begins no further line; what is registered stays.") { TaskId }.Runs(async (parsed, _, controlPlane, cancellation) =>
        {
            await controlPlane.StopRegistrationTask(parsed.GetValue(TaskId)!, cancellation);
            return 0;
        }),
        new Command("report", "Fetches what became of the lines.") { TaskId, Folder }.Runs(async (parsed, _, controlPlane, cancellation) =>
        {
            await Report(parsed.GetValue(TaskId)!, parsed.GetValue(Folder)!, controlPlane, cancellation);
            return 0;
        }),
    };

    static async Task<int> Start(ParseResult parsed, FleetEndpoints endpoints, ControlPlaneClient controlPlane, CancellationToken cancellation)
    {
        var template = parsed.GetValue(Template)!;
        if (!File.Exists(template)) throw new CommandFailedException($"There is no file {template}.", "Name a file with the template's body.");
        var lines = ParameterLines.Read(parsed.GetValue(Input)!);
        var key = $"{Guid.CreateVersion7():N}.jsonl";
        foreach (var (number, part) in ParameterLines.Parts(lines).Index()) await controlPlane.PutRegistrationInput(Bucket, key, number, part, cancellation);
        var task = await controlPlane.StartRegistrationTask(await File.ReadAllTextAsync(template, cancellation), Bucket, key, cancellation);
        AnsiConsole.MarkupLineInterpolated($"task {task}, {lines.Count} lines");
        if (!parsed.GetValue(Wait)) return 0;

        var described = await End(task, controlPlane, cancellation);
        Print(described);
        if (parsed.GetValue(Out) is { } folder) await Report(task, folder, controlPlane, cancellation);
        return described["failureCount"]!.GetValue<int>() == 0 && described["status"]!.GetValue<string>() == "Completed" ? 0 : 1;
    }

    static async Task<JsonNode> End(string task, ControlPlaneClient controlPlane, CancellationToken cancellation)
    {
        for (; ; await Task.Delay(Poll, cancellation))
        {
            var described = await controlPlane.DescribeRegistrationTask(task, cancellation);
            if (described["status"]!.GetValue<string>() is "Completed" or "Cancelled") return described;
        }
    }

    static async Task<int> List(ParseResult parsed, FleetEndpoints endpoints, ControlPlaneClient controlPlane, CancellationToken cancellation)
    {
        foreach (var task in await controlPlane.ListRegistrationTasks(cancellation)) Print(await controlPlane.DescribeRegistrationTask(task, cancellation));
        return 0;
    }

    static void Print(JsonNode task) => AnsiConsole.MarkupLineInterpolated(
        $"{task["taskId"]!.GetValue<string>()}  {task["status"]!.GetValue<string>()}  {task["percentageProgress"]!.GetValue<int>()} %, {task["successCount"]!.GetValue<int>()} registered, {task["failureCount"]!.GetValue<int>()} failed");

    static async Task Report(string task, string folder, ControlPlaneClient controlPlane, CancellationToken cancellation)
    {
        Directory.CreateDirectory(folder);
        foreach (var (type, file) in ((string, string)[])[("RESULTS", "results.jsonl"), ("ERRORS", "errors.jsonl")])
            await Fetch(type, file);

        async Task Fetch(string type, string file)
        {
            var path = Path.Combine(folder, file);
            await controlPlane.DownloadReport(task, type, path, cancellation);
            AnsiConsole.MarkupLineInterpolated($"  {path}, {File.ReadLines(path).Count()} lines");
        }
    }
}
