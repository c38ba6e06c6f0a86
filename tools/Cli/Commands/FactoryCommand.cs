using System.CommandLine;
using System.Diagnostics;
using FleetPlatform.Cli.ControlPlane;
using FleetPlatform.Cli.Factory;
using Spectre.Console;

namespace FleetPlatform.Cli.Commands;

/// <summary><c>fleet factory</c>: direct certificates for a line, a batch at a time.</summary>
static class FactoryCommand
{
    const int MaximumDevices = 1_000_000;

    static readonly Option<int> Count = new("--count") { Description = "How many devices." };
    static readonly Option<string> SerialFormat = new("--serial-format") { Description = "Their serial numbers, for example 'SL{0:D9}': SL and the number with nine digits." };
    static readonly Option<long> First = new("--first") { Description = "Number of the first.", DefaultValueFactory = _ => 1 };
    static readonly Option<string?> Serials = new("--serials") { Description = "Instead of count and format: a file with one serial number a line." };
    static readonly Option<string> Out = new("--out") { Description = "Folder of the batch. Run the same command again to go on with one that was cut short.", Required = true };
    static readonly Option<string[]> Format = new("--format")
    {
        Description = "Of each device: pem (always), nvs (a ready partition image for ESP-IDF), nvs-csv (input of its nvs_partition_gen.py), zephyr (mcumgr commands).",
        AllowMultipleArgumentsPerToken = true,
    };
    static readonly Option<string> NvsSize = new("--nvs-size") { Description = "Size of the NVS partition in the firmware's partition table.", DefaultValueFactory = _ => "0x6000" };
    static readonly Option<string> ZephyrPath = new("--zephyr-path") { Description = "Folder on the device's file system.", DefaultValueFactory = _ => "/lfs1" };
    public static readonly Option<int> Parallel = new("--parallel") { Description = "Requests under way at once.", DefaultValueFactory = _ => 4 };
    static readonly Argument<string> Folder = new("folder") { Description = "Folder of a batch." };

    public static Command Create()
    {
        var batch = new Command("batch", "Registers a batch of devices; keys are made here and stay here.")
        {
            Count, SerialFormat, First, Serials, Out, Format, NvsSize, ZephyrPath, Parallel, LineOptions.Key,
        };
        LineOptions.AddTo(batch);
        return new Command("factory", "Direct certificates for a factory line.")
        {
            batch.Runs(Run),
            ImportCommand.Create(),
            new Command("verify", "Holds the files of a batch against its manifest.") { Folder }.Runs(Verify),
        };
    }

    static async Task<int> Run(ParseResult parsed, FleetEndpoints endpoints, ControlPlaneClient controlPlane, CancellationToken cancellation)
    {
        var folder = Directory.CreateDirectory(parsed.GetValue(Out)!).FullName;
        var order = new BatchOrder
        {
            Batch = Guid.CreateVersion7().ToString("N"),
            Serials = ReadSerials(parsed),
            Registration = await LineOptions.Read(parsed, controlPlane, cancellation),
            Key = parsed.GetValue(LineOptions.Key),
        };
        var formats = ReadFormats(parsed);
        using var manifest = Manifest.Open(folder);
        order = order.Settle(folder);
        File.Copy(endpoints.RootCa, Path.Combine(folder, DeviceFolder.RootCa), overwrite: true);

        var (before, began) = (manifest.Done.Count, Stopwatch.GetTimestamp());
        if (before > 0) AnsiConsole.MarkupLineInterpolated($"{before} of {order.Serials.Count} are done already");
        var run = new RunBatch(controlPlane, order, formats, folder, manifest, TimeProvider.System);
        var outcome = await run.Handle(Math.Clamp(parsed.GetValue(Parallel), 1, 64), Tell, cancellation);
        var seconds = Stopwatch.GetElapsedTime(began).TotalSeconds;
        foreach (var refused in outcome.Refused.Take(20)) AnsiConsole.MarkupLineInterpolated($"[red]{refused.Item}[/]  {refused.Code!}: {refused.Message ?? ""}");
        foreach (var code in outcome.Refused.Select(refused => refused.Code!).Distinct(StringComparer.Ordinal)) AnsiConsole.MarkupLineInterpolated($"{code}: {LineOptions.Remedy(code)}");
        AnsiConsole.MarkupLineInterpolated(
            $"{before + outcome.Registered} of {order.Serials.Count} devices have their certificate, {outcome.Refused.Count} were refused; {outcome.Registered} in {seconds:0.0} s, {outcome.Registered / seconds:0} a second");
        AnsiConsole.MarkupLineInterpolated($"  {Path.Combine(folder, "devices")}, {Path.Combine(folder, Manifest.File)}");
        return outcome.Refused.Count == 0 ? 0 : 1;

        void Tell(int registered)
        {
            if (!Console.IsOutputRedirected) AnsiConsole.Write($"\r{before + registered} of {order.Serials.Count}");
        }
    }

    static Task<int> Verify(ParseResult parsed, FleetEndpoints endpoints, ControlPlaneClient controlPlane, CancellationToken cancellation)
    {
        var folder = parsed.GetValue(Folder)!;
        var faults = VerifyBatch.Handle(folder).ToArray();
        foreach (var fault in faults) AnsiConsole.MarkupLineInterpolated($"[red]{fault}[/]");
        if (faults.Length == 0) AnsiConsole.MarkupLineInterpolated($"{Manifest.Read(folder).Count} devices are as the manifest says");
        return Task.FromResult(faults.Length == 0 ? 0 : 1);
    }

    static IReadOnlyList<string> ReadSerials(ParseResult parsed)
    {
        if (parsed.GetValue(Serials) is { } path)
        {
            if (!File.Exists(path)) throw new CommandFailedException($"There is no file {path}.", "Name a file with one serial number a line.");
            return BatchOrder.Check(SerialNumbers.Read(path));
        }

        if (parsed.GetValue(SerialFormat) is not { } format || parsed.GetValue(Count) is not (> 0 and <= MaximumDevices and var count))
            throw new CommandFailedException("Which devices?", $"Give --count (1 to {MaximumDevices}) and --serial-format 'SL{{0:D9}}', or --serials FILE.");
        return BatchOrder.Expand(format, parsed.GetValue(First), count);
    }

    static DeviceFormats ReadFormats(ParseResult parsed)
    {
        var formats = (parsed.GetValue(Format) ?? []).SelectMany(text => text.Split(',')).ToArray();
        return formats.FirstOrDefault(format => !DeviceFormats.Known.Contains(format)) is { } unknown
            ? throw new CommandFailedException($"{unknown} is no format.", $"Known: {string.Join(", ", DeviceFormats.Known)}.")
            : new() { Formats = formats, PartitionBytes = DeviceFormats.ReadSize(parsed.GetValue(NvsSize)!), ZephyrPath = parsed.GetValue(ZephyrPath)! };
    }
}
