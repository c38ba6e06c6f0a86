using System.Diagnostics;
using System.Globalization;
using System.Text.Json;
using FleetPlatform.Bench.Measuring;
using FleetPlatform.Cli;
using FleetPlatform.Cli.Commands;
using FleetPlatform.Cli.ControlPlane;
using FleetPlatform.Cli.Factory;
using FleetPlatform.Pki;
using FleetPlatform.TestKit;

namespace FleetPlatform.Bench;

/// <summary>
/// Devices a second of a factory batch (keys, CSRs and files of each device made in this process) and of a bulk registration, against a platform of its own,
/// with the CPU of every server process for each device.
/// </summary>
static class FactoryBench
{
    const string Policy = "bench-device";

    static readonly string[] Servers =
        ["control-plane", "template-engine", "certificate-authority", "thing-registry", "revocation", "rotation-scheduler", "mqtt-gateway", "postgres", "bus"];

    public static async Task<int> Run(string[] args)
    {
        var (devices, parallel, warmUp) = (Option(args, "--devices", 3000), Option(args, "--parallel", 4), Option(args, "--warm-up", 1000));
        var folder = Directory.CreateTempSubdirectory("fleet-factory-bench-").FullName;
        try
        {
            await using var fleet = await Fleet.Start();
            using var controlPlane = new ControlPlaneClient(FleetEndpoints.Read(fleet.Directory));
            await controlPlane.CreatePolicy(Policy, ExamplePolicies.Device(controlPlane.Arns), CancellationToken.None);
            await Batch(controlPlane, Path.Combine(folder, "warm"), "W{0:D9}", warmUp, parallel);
            await Measure(fleet, "factory batch", devices, () => Batch(controlPlane, Path.Combine(folder, "batch"), "F{0:D9}", devices, parallel));
            var lines = Lines(devices);
            await Measure(fleet, "bulk registration", devices, () => Bulk(controlPlane, lines));
            return 0;
        }
        finally
        {
            Directory.Delete(folder, recursive: true);
        }
    }

    static async Task Batch(ControlPlaneClient controlPlane, string folder, string format, int count, int parallel)
    {
        Directory.CreateDirectory(folder);
        var order = new BatchOrder
        {
            Batch = Guid.CreateVersion7().ToString("N"), Serials = BatchOrder.Expand(format, 1, count), Registration = new() { Policies = [Policy] }, Key = KeyType.P256,
        };
        using var manifest = Manifest.Open(folder);
        var formats = new DeviceFormats { Formats = ["nvs"], PartitionBytes = 0x6000, ZephyrPath = "/lfs1" };
        var outcome = await new RunBatch(controlPlane, order, formats, folder, manifest, TimeProvider.System).Handle(parallel, _ => { }, CancellationToken.None);
        if (outcome.Registered != count) throw new InvalidOperationException($"{outcome.Refused.Count} refused, the first: {outcome.Refused[0]}");
    }

    static string[] Lines(int count) => [.. Enumerable.Range(1, count).Select(number => Line($"B{number:D9}"))];

    static string Line(string thing)
    {
        using var key = KeyPair.CreateEcdsaP256(); // one key, one device: else all but the first line are refused
        return JsonSerializer.Serialize(new { ThingName = thing, CSR = key.CreateSigningRequest(thing) });
    }

    static async Task Bulk(ControlPlaneClient controlPlane, string[] lines)
    {
        var body = new DirectRegistration { Policies = [Policy] }.Order("")["templateBody"]!.GetValue<string>();
        foreach (var (number, part) in ParameterLines.Parts(lines).Index()) await controlPlane.PutRegistrationInput("bench", "lines", number, part, CancellationToken.None);
        var task = await controlPlane.StartRegistrationTask(body, "bench", "lines", CancellationToken.None);
        for (; ; await Task.Delay(200))
        {
            var described = await controlPlane.DescribeRegistrationTask(task, CancellationToken.None);
            if (described["failureCount"]!.GetValue<int>() > 0) throw new InvalidOperationException("A line failed.");
            if (described["status"]!.GetValue<string>() == "Completed") return;
        }
    }

    static async Task Measure(Fleet fleet, string name, int devices, Func<Task> run)
    {
        var before = Servers.ToDictionary(server => server, server => ProcessCpu.Milliseconds(fleet.ProcessId(server)), StringComparer.Ordinal);
        var (own, began) = (Environment.CpuUsage.TotalTime, Stopwatch.GetTimestamp());
        await run();
        var (seconds, mine) = (Stopwatch.GetElapsedTime(began).TotalSeconds, (Environment.CpuUsage.TotalTime - own).TotalMilliseconds);
        await Task.Delay(TimeSpan.FromSeconds(2)); // what follows a registration (news, tables, lists) belongs to it
        Print($"{name}: {devices} devices in {seconds:0.0} s, {devices / seconds:0} a second; CPU-ms per device:");
        var sum = 0.0;
        foreach (var server in Servers)
        {
            var spent = (ProcessCpu.Milliseconds(fleet.ProcessId(server)) - before[server]) / devices;
            sum += spent;
            Print($"  {server,-22} {spent,7:0.00}");
        }

        Print($"  {"sum",-22} {sum,7:0.00}   (this process, apart: {mine / devices:0.00})");
    }

    static int Option(string[] args, string name, int usual)
    {
        var at = Array.IndexOf(args, name);
        return at < 0 ? usual : int.Parse(args[at + 1], CultureInfo.InvariantCulture);
    }

    static void Print(FormattableString text) => Console.WriteLine(text.ToString(CultureInfo.InvariantCulture));
}
