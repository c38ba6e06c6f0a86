using System.Globalization;
using FleetPlatform.Bench.Measuring;
using FleetPlatform.Cli;
using FleetPlatform.Cli.Commands;
using FleetPlatform.Cli.ControlPlane;
using FleetPlatform.Device;
using FleetPlatform.Mqtt;
using FleetPlatform.TestKit;

namespace FleetPlatform.Bench;

/// <summary>
/// Full durable flows against a platform of its own: flows a second, latencies, and the CPU of every server process for each flow, beside
/// the CPU of a mutual-TLS connect to mosquitto in the same run.
/// </summary>
static class ProvisioningBench
{
    static readonly string[] Servers =
        ["mqtt-gateway", "certificate-authority", "template-engine", "thing-registry", "revocation", "rotation-scheduler", "control-plane", "postgres", "bus"];

    public static async Task<int> Run(string[] args)
    {
        var devices = Option(args, "--devices", 5000);
        var parallel = Option(args, "--parallel", 32);
        var warmUp = Option(args, "--warm-up", 500);
        var mosquitto = await MosquittoConnect(connects: 1000, parallel);

        await using var fleet = await Fleet.Start();
        var endpoints = FleetEndpoints.Read(fleet.Directory);
        using var controlPlane = new ControlPlaneClient(endpoints);
        await controlPlane.CreatePolicy("bench-device", ExamplePolicies.Device(controlPlane.Arns), CancellationToken.None);
        await controlPlane.CreateTemplate("bench", ExamplePolicies.Template("bench-device"), CancellationToken.None);
        var claim = await ClaimCommand.Make("bench", "bench", controlPlane, CancellationToken.None);
        SimulationOptions Of(int count) => new()
        {
            Devices = count,
            Parallel = parallel,
            Claim = new(claim.CertificatePem, claim.PrivateKeyPem),
            Device = SimulateCommand.Firmware(endpoints, PayloadFormat.Json, KeyOrigin.DeviceEcdsaP256, "bench"),
        };

        await new FleetSimulator(Of(warmUp)).Run();
        var connect = await GatewayConnect(fleet, endpoints, claim, connects: 1000, parallel);
        var before = Cpu(fleet);
        var own = Environment.CpuUsage.TotalTime;
        var summary = await new FleetSimulator(Of(devices)).Run();
        var simulator = (Environment.CpuUsage.TotalTime - own).TotalMilliseconds;
        Print(fleet, summary, before, Cpu(fleet), simulator, mosquitto, connect);
        return summary.Failed == 0 ? 0 : 1;
    }

    static Dictionary<string, double> Cpu(Fleet fleet) => Servers.ToDictionary(server => server, server => ProcessCpu.Milliseconds(fleet.ProcessId(server)), StringComparer.Ordinal);

    static void Print(
        Fleet fleet, SimulationSummary summary, Dictionary<string, double> before, Dictionary<string, double> after, double simulator, double mosquitto, double connect)
    {
        Line($"flows        {summary.Succeeded} of {summary.Devices}, {summary.Failed} failed, {summary.RetriesByReason.Values.Sum()} retried");
        Line($"rate         {summary.Rate:0.0} flows/s over {summary.Elapsed.TotalSeconds:0.0} s");
        Line($"whole flow   p50 {summary.Total.P50.TotalMilliseconds:0} ms, p99 {summary.Total.P99.TotalMilliseconds:0} ms");
        foreach (var (step, latency) in summary.Steps.OrderBy(step => step.Key))
            Line($"  {step,-20} p50 {latency.P50.TotalMilliseconds,7:0.0}  p95 {latency.P95.TotalMilliseconds,7:0.0}  p99 {latency.P99.TotalMilliseconds,7:0.0} ms");
        Line($"CPU-ms per flow, and resident MiB at the end");
        var sum = 0.0;
        foreach (var server in Servers)
        {
            var each = (after[server] - before[server]) / summary.Devices;
            sum += each;
            Line($"  {server,-22} {each,7:0.00}   {ProcessCpu.ResidentMebibytes(fleet.ProcessId(server)),7:0}");
        }

        Line($"  {"sum",-22} {sum,7:0.00}   (the simulator, apart: {simulator / summary.Devices:0.00})");
        Line($"mosquitto    {mosquitto:0.00} CPU-ms per mutual-TLS connect; two: {2 * mosquitto:0.00}; a flow is {sum / (2 * mosquitto):0.00}×");
        Line($"gateway      {connect:0.00} CPU-ms per mutual-TLS connect: {connect / mosquitto:0.00}×");
        foreach (var (reason, count) in summary.FailuresByReason) Line($"failed {count} × {reason}");
        foreach (var (reason, count) in summary.RetriesByReason) Line($"retried {count} × {reason}");
    }

    static async Task<double> MosquittoConnect(int connects, int parallel)
    {
        await using var peer = await Mosquitto.Start(CancellationToken.None);
        return await CpuPerConnect(peer.ProcessId, connects, parallel, number => new MqttConnectionOptions
        {
            Host = "localhost",
            Port = peer.Port,
            ClientId = $"bench-{number}",
            Tls = new() { Certificate = peer.Client, Roots = [peer.Root] },
        });
    }

    static async Task<double> GatewayConnect(Fleet fleet, FleetEndpoints endpoints, CreatedCertificate claim, int connects, int parallel)
    {
        var credential = new Credential(claim.CertificatePem, claim.PrivateKeyPem);
        var firmware = SimulateCommand.Firmware(endpoints, PayloadFormat.Json, KeyOrigin.DeviceEcdsaP256)(0);
        return await CpuPerConnect(fleet.ProcessId("mqtt-gateway"), connects, parallel, number => new MqttConnectionOptions
        {
            Host = endpoints.MqttHost,
            Port = endpoints.MqttPort,
            ClientId = $"bench-{number}",
            Tls = new() { CertificateContext = credential.Context, Roots = firmware.Roots },
        });
    }

    // The first fifth warms both sides up and is not counted.
    static async Task<double> CpuPerConnect(int server, int connects, int parallel, Func<int, MqttConnectionOptions> options)
    {
        await Connect(0, connects / 5);
        var before = ProcessCpu.Milliseconds(server);
        await Connect(connects / 5, connects);
        return (ProcessCpu.Milliseconds(server) - before) / connects;

        Task Connect(int from, int count) => Parallel.ForEachAsync(
            Enumerable.Range(from, count), new ParallelOptions { MaxDegreeOfParallelism = parallel }, async (number, cancellation) =>
            {
                await using var connection = await MqttClientConnection.Connect(options(number), cancellation);
                await connection.Disconnect(cancellation: cancellation);
            });
    }

    static int Option(string[] args, string name, int usual)
    {
        var at = Array.IndexOf(args, name);
        return at < 0 ? usual : int.Parse(args[at + 1], CultureInfo.InvariantCulture);
    }

    static void Line(FormattableString text) => Console.WriteLine(text.ToString(CultureInfo.InvariantCulture));
}
