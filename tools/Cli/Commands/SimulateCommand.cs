using System.CommandLine;
using System.Globalization;
using FleetPlatform.Cli.ControlPlane;
using FleetPlatform.Device;
using Spectre.Console;

namespace FleetPlatform.Cli.Commands;

/// <summary><c>fleet simulate</c>: a fleet of simulated devices provisions itself, each a real MQTT client with a key of its own.</summary>
static class SimulateCommand
{
    const string Template = "simulate";
    const string DevicePolicy = "simulate-device";

    static readonly Option<int> Devices = new("--devices") { Description = "Devices in all, 1 to 1,000,000.", DefaultValueFactory = _ => 100 };
    static readonly Option<int> Parallel = new("--parallel") { Description = "Devices at work at the same time, 1 to 1,000.", DefaultValueFactory = _ => 16 };
    static readonly Option<PayloadFormat> Format = new("--format") { Description = "Json or Cbor.", DefaultValueFactory = _ => PayloadFormat.Json };
    static readonly Option<KeyOrigin> Key = new("--key")
    {
        Description = "Who makes the keys: DeviceEcdsaP256, DeviceRsa2048 or Server.",
        DefaultValueFactory = _ => KeyOrigin.DeviceEcdsaP256,
    };

    static readonly Option<bool> Rotate = new("--rotate") { Description = "Then the devices stay connected, and a campaign gives each another certificate." };

    static readonly Option<string> Misbehave = new("--misbehave") { Description = "With --rotate: this share of the devices, 0% to 100%, has a fault, each one of ten.", DefaultValueFactory = _ => "0%" };

    static readonly Option<int> Answer = new("--answer-seconds")
    {
        Description = "With --misbehave: how long a device has to answer its one command, and then to prove its new certificate; 10 to 86,400.",
        DefaultValueFactory = _ => SimulateRotation.UsualAnswerSeconds,
    };

    public static Command Create() =>
        new Command("simulate", "Provisions simulated devices and sums up rate, latencies and failures.") { Devices, Parallel, Format, Key, Rotate, Misbehave, Answer }.Runs(Run);

    static async Task<int> Run(ParseResult parsed, FleetEndpoints endpoints, ControlPlaneClient controlPlane, CancellationToken cancellation)
    {
        var devices = InRange(parsed.GetValue(Devices), 1_000_000, "--devices");
        var parallel = InRange(parsed.GetValue(Parallel), 1_000, "--parallel");
        var answer = InRange(parsed.GetValue(Answer), 86_400, "--answer-seconds", minimum: 10);
        ConnectionLimits.Check(parsed.GetValue(Rotate) ? devices : parallel);
        await controlPlane.CreatePolicy(DevicePolicy, ExamplePolicies.Device(controlPlane.Arns), cancellation);
        var rotate = parsed.GetValue(Rotate);
        var template = rotate ? $"{Template}-{Guid.CreateVersion7():N}"[..24] : Template; // a campaign is to find this fleet and no other
        await controlPlane.CreateTemplate(template, ExamplePolicies.Template(DevicePolicy), cancellation);
        var claim = await ClaimCommand.Make(template, template, controlPlane, cancellation);
        var credential = new Credential(claim.CertificatePem, claim.PrivateKeyPem);
        var stores = Enumerable.Range(0, rotate ? devices : 0).Select(_ => new MemoryCredentialStore(credential)).ToArray();

        var options = new SimulationOptions
        {
            Devices = devices,
            Parallel = parallel,
            Claim = credential,
            Device = Firmware(endpoints, parsed.GetValue(Format), parsed.GetValue(Key), template),
            Store = rotate ? number => stores[number] : null,
        };
        var summary = await Watched(options, cancellation);
        Print(summary);
        if (!rotate || summary.Failed > 0) return summary.Failed == 0 ? 0 : 1;
        var faulty = (int)Math.Ceiling(devices * Percent(parsed.GetValue(Misbehave)!) / 100);
        return await SimulateRotation.Run(template, [.. stores.Select((store, number) => new SimulatedDevice(options.Device(number), store, FaultOf(number, faulty)))],
            parallel, answer, controlPlane, cancellation);
    }

    static Misbehaviour? FaultOf(int number, int faulty) => number < faulty ? (Misbehaviour)(number % Enum.GetValues<Misbehaviour>().Length) : null;

    static double Percent(string text) =>
        double.TryParse(text.TrimEnd('%'), NumberStyles.Float, CultureInfo.InvariantCulture, out var percent) && percent is >= 0 and <= 100
            ? percent
            : throw new CommandFailedException($"--misbehave is {text}.", "Give a share from 0% to 100%.");

    /// <summary>The firmware of each device of a run: serial numbers that no other run uses.</summary>
    public static Func<int, DeviceOptions> Firmware(FleetEndpoints endpoints, PayloadFormat format, KeyOrigin key, string template = Template)
    {
        var roots = endpoints.ReadRoots();
        var run = Guid.CreateVersion7().ToString("N")[..12];
        return number =>
        {
            var serial = string.Create(CultureInfo.InvariantCulture, $"SIM-{run}-{number:000000}");
            return new DeviceOptions
            {
                Host = endpoints.MqttHost,
                Port = endpoints.MqttPort,
                Roots = roots,
                TemplateName = template,
                Parameters = new Dictionary<string, string> { ["SerialNumber"] = serial },
                ClaimClientId = serial,
                Format = format,
                Key = key,
            };
        };
    }

    static async Task<SimulationSummary> Watched(SimulationOptions options, CancellationToken cancellation)
    {
        var simulator = new FleetSimulator(options);
        SimulationSummary? summary = null;
        await AnsiConsole.Progress().Columns(new TaskDescriptionColumn(), new ProgressBarColumn(), new PercentageColumn(), new RemainingTimeColumn()).StartAsync(async context =>
        {
            var bar = context.AddTask("provisioning", maxValue: options.Devices);
            summary = await simulator.Run(new Bar(bar), cancellation);
        });
        return summary!;
    }

    static void Print(SimulationSummary summary)
    {
        AnsiConsole.MarkupLineInterpolated($"[bold]{summary.Succeeded} of {summary.Devices}[/] devices provisioned in {summary.Elapsed.TotalSeconds:0.0} s: {summary.Rate:0.0} a second");
        var table = new Table { Border = TableBorder.Simple };
        table.AddColumns("step", "count", "p50 ms", "p95 ms", "p99 ms", "max ms");
        foreach (var (step, latency) in summary.Steps.OrderBy(step => step.Key)) AddRow(table, step.ToString(), latency);
        AddRow(table, "whole device", summary.Total);
        AnsiConsole.Write(table);
        foreach (var (reason, count) in summary.RetriesByReason) AnsiConsole.MarkupLineInterpolated($"retried {count,6} × {reason}");
        foreach (var (reason, count) in summary.FailuresByReason) AnsiConsole.MarkupLineInterpolated($"[red]failed  {count,6} × {reason}[/]");
    }

    static void AddRow(Table table, string step, LatencySummary latency) => table.AddRow(
        step, latency.Count.ToString(CultureInfo.InvariantCulture), Text(latency.P50), Text(latency.P95), Text(latency.P99), Text(latency.Maximum));

    static string Text(TimeSpan latency) => latency.TotalMilliseconds.ToString("0.0", CultureInfo.InvariantCulture);

    static int InRange(int value, int maximum, string option, int minimum = 1) => value >= minimum && value <= maximum
        ? value
        : throw new CommandFailedException($"{option} is {value}.", $"Give a number from {minimum} to {maximum}.");

    /// <summary>Moves the bar after each device, from whatever thread ran it.</summary>
    sealed class Bar(ProgressTask task) : IProgress<SimulationProgress>
    {
        public void Report(SimulationProgress value) => task.Value = value.Succeeded + value.Failed;
    }
}
