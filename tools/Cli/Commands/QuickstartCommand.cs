using System.CommandLine;
using System.Diagnostics;
using FleetPlatform.Cli.ControlPlane;
using FleetPlatform.Device;
using FleetPlatform.Mqtt;
using Spectre.Console;

namespace FleetPlatform.Cli.Commands;

/// <summary><c>fleet quickstart</c>: from nothing to a device with its own certificate that has published, each step as it happens.</summary>
static class QuickstartCommand
{
    const string Template = "quickstart";
    const string DevicePolicy = "quickstart-device";

    static readonly Option<string> Serial = new("--serial")
    {
        Description = "Serial number of the demo device; also its thing name.",
        DefaultValueFactory = _ => "demo-0001",
    };

    public static Command Create() =>
        new Command("quickstart", "Makes a policy, a template and a claim, and provisions one demo device.") { Serial }.Runs(Run);

    static async Task<int> Run(ParseResult parsed, FleetEndpoints endpoints, ControlPlaneClient controlPlane, CancellationToken cancellation)
    {
        var serial = parsed.GetValue(Serial)!;
        var began = Stopwatch.GetTimestamp();
        await Timed("device policy", () => controlPlane.CreatePolicy(DevicePolicy, ExamplePolicies.Device(controlPlane.Arns), cancellation));
        await Timed("provisioning template", () => controlPlane.CreateTemplate(Template, ExamplePolicies.Template(DevicePolicy), cancellation));
        var claim = await Timed("claim certificate", () => ClaimCommand.Make(Template, Template, controlPlane, cancellation));

        var folder = Path.Combine(parsed.GetValue(CommandLine.FleetDirectory)!, "devices", serial);
        var store = new FileCredentialStore(folder);
        store.StoreClaim(new Credential(claim.CertificatePem, claim.PrivateKeyPem));
        var device = NewDevice(endpoints, serial, store);
        var identity = await Provision(device, cancellation);

        var topic = identity.Configuration["telemetryTopic"];
        await Timed($"published to {topic}", () => PublishOnce(device, topic, cancellation));
        AnsiConsole.WriteLine();
        AnsiConsole.MarkupLineInterpolated($"[bold]{identity.ThingName}[/] has its own certificate after {Stopwatch.GetElapsedTime(began).TotalSeconds:0.0} s, in {folder}");
        var there = CommandLine.FolderOption(parsed);
        AnsiConsole.MarkupLineInterpolated($"  ./fleet why {serial}{there}");
        AnsiConsole.MarkupLineInterpolated($"  ./fleet events certificate-{identity.CertificateId}{there}");
        AnsiConsole.MarkupLineInterpolated($"  ./fleet revoke {identity.ThingName}{there}");
        return 0;
    }

    static ReferenceDevice NewDevice(FleetEndpoints endpoints, string serial, FileCredentialStore store) => new(
        new DeviceOptions
        {
            Host = endpoints.MqttHost,
            Port = endpoints.MqttPort,
            Roots = endpoints.ReadRoots(),
            TemplateName = Template,
            Parameters = new Dictionary<string, string> { ["SerialNumber"] = serial },
            ClaimClientId = serial,
        },
        store, new StepPrinter());

    static async Task<DeviceIdentity> Provision(ReferenceDevice device, CancellationToken cancellation)
    {
        try
        {
            return await device.Provision(cancellation);
        }
        catch (ProvisioningException failure)
        {
            throw new CommandFailedException($"The device could not provision: {failure.Message}", "Ask ./fleet why with the serial number.");
        }
    }

    static async Task<ReasonCode> PublishOnce(ReferenceDevice device, string topic, CancellationToken cancellation)
    {
        await using var connection = await device.Connect(cancellation);
        return await connection.Publish(topic, """{"celsius":21.5}"""u8.ToArray(), QoS.AtLeastOnce, cancellation: cancellation);
    }

    static async Task<T> Timed<T>(string step, Func<Task<T>> act)
    {
        var began = Stopwatch.GetTimestamp();
        var result = await act();
        StepPrinter.Print(step, Stopwatch.GetElapsedTime(began), failure: null);
        return result;
    }

    /// <summary>Prints each step of the device as it ends.</summary>
    sealed class StepPrinter : IProgress<StepReport>
    {
        public void Report(StepReport value) => Print($"device: {value.Step}", value.Duration, value.Failure);

        public static void Print(string step, TimeSpan took, ProvisioningException? failure)
        {
            if (failure is null) AnsiConsole.MarkupLineInterpolated($"[green]ok[/]    {step,-44} {took.TotalMilliseconds,8:0.0} ms");
            else AnsiConsole.MarkupLineInterpolated($"[red]FAIL[/]  {step,-44} {took.TotalMilliseconds,8:0.0} ms  {failure.Message}");
        }
    }
}
