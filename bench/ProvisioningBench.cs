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
/// the CPU of a mutual-TLS connect to mosquitto in the same run. The three take turns, in legs: what a core does in a millisecond drifts with
/// the machine's neighbours, and so it drifts for all three.
/// </summary>
static class ProvisioningBench
{
    const int Legs = 5;
    const int ConnectsPerLeg = 300;

    static readonly string[] Servers =
        ["mqtt-gateway", "certificate-authority", "template-engine", "thing-registry", "revocation", "rotation-scheduler", "control-plane", "postgres", "bus"];

    public static async Task<int> Run(string[] args)
    {
        var devices = Option(args, "--devices", 5000);
        var parallel = Option(args, "--parallel", 32);
        var warmUp = Option(args, "--warm-up", 500);
        await using var mosquitto = await Mosquitto.Start(CancellationToken.None);
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
        await GatewayConnect(fleet, endpoints, claim, parallel);
        await MosquittoConnect(mosquitto, parallel);

        var run = new Measured();
        for (var leg = 0; leg < Legs; leg++)
        {
            run.Mosquitto += await MosquittoConnect(mosquitto, parallel) / Legs;
            run.Gateway += await GatewayConnect(fleet, endpoints, claim, parallel) / Legs;
            var before = Cpu(fleet);
            var own = Environment.CpuUsage.TotalTime;
            run.Legs.Add(await new FleetSimulator(Of(devices / Legs)).Run());
            run.Simulator += (Environment.CpuUsage.TotalTime - own).TotalMilliseconds;
            foreach (var (server, now) in Cpu(fleet)) run.Servers[server] = run.Servers.GetValueOrDefault(server) + now - before[server];
        }

        Print(fleet, run);
        return run.Legs.Sum(leg => leg.Failed) == 0 ? 0 : 1;
    }

    /// <summary>CPU in milliseconds: of each server and of the simulator over all flows, and of one connect.</summary>
    sealed class Measured
    {
        public List<SimulationSummary> Legs { get; } = [];
        public Dictionary<string, double> Servers { get; } = new(StringComparer.Ordinal);
        public double Simulator { get; set; }
        public double Mosquitto { get; set; }
        public double Gateway { get; set; }
    }

    static Dictionary<string, double> Cpu(Fleet fleet) => Servers.ToDictionary(server => server, server => ProcessCpu.Milliseconds(fleet.ProcessId(server)), StringComparer.Ordinal);

    static void Print(Fleet fleet, Measured run)
    {
        var flows = run.Legs.Sum(leg => leg.Devices);
        Line($"flows        {run.Legs.Sum(leg => leg.Succeeded)} of {flows}, {run.Legs.Sum(leg => leg.Failed)} failed, {run.Legs.Sum(leg => leg.RetriesByReason.Values.Sum())} retried");
        Line($"rate         {run.Legs.Sum(leg => leg.Succeeded) / run.Legs.Sum(leg => leg.Elapsed.TotalSeconds):0.0} flows/s; legs {string.Join(" ", run.Legs.Select(leg => leg.Rate.ToString("0", CultureInfo.InvariantCulture)))}");
        Line($"latency      of the worst leg");
        Line($"  {"whole flow",-20} p50 {Worst(run, leg => leg.Total.P50),7:0.0}  p95 {Worst(run, leg => leg.Total.P95),7:0.0}  p99 {Worst(run, leg => leg.Total.P99),7:0.0} ms");
        foreach (var step in run.Legs[0].Steps.Keys.Order())
            Line($"  {step,-20} p50 {Worst(run, leg => leg.Steps[step].P50),7:0.0}  p95 {Worst(run, leg => leg.Steps[step].P95),7:0.0}  p99 {Worst(run, leg => leg.Steps[step].P99),7:0.0} ms");
        Line($"CPU-ms per flow, and resident MiB at the end");
        foreach (var server in Servers)
            Line($"  {server,-22} {run.Servers[server] / flows,7:0.00}   {ProcessCpu.ResidentMebibytes(fleet.ProcessId(server)),7:0}");
        var sum = run.Servers.Values.Sum() / flows;
        Line($"  {"sum",-22} {sum,7:0.00}   (the simulator, apart: {run.Simulator / flows:0.00})");
        Line($"mosquitto    {run.Mosquitto:0.00} CPU-ms per mutual-TLS connect; two: {2 * run.Mosquitto:0.00}; a flow is {sum / (2 * run.Mosquitto):0.00}×");
        Line($"gateway      {run.Gateway:0.00} CPU-ms per mutual-TLS connect: {run.Gateway / run.Mosquitto:0.00}×");
        foreach (var failed in run.Legs.SelectMany(leg => leg.FailuresByReason).GroupBy(pair => pair.Key)) Line($"failed {failed.Sum(pair => pair.Value)} × {failed.Key}");
        foreach (var retried in run.Legs.SelectMany(leg => leg.RetriesByReason).GroupBy(pair => pair.Key)) Line($"retried {retried.Sum(pair => pair.Value)} × {retried.Key}");
    }

    static double Worst(Measured run, Func<SimulationSummary, TimeSpan> of) => run.Legs.Max(leg => of(leg).TotalMilliseconds);

    static Task<double> MosquittoConnect(Mosquitto peer, int parallel) => CpuPerConnect(peer.ProcessId, parallel, number => new MqttConnectionOptions
    {
        Host = "localhost",
        Port = peer.Port,
        ClientId = $"bench-{number}",
        Tls = new() { Certificate = peer.Client, Roots = [peer.Root] },
    });

    static Task<double> GatewayConnect(Fleet fleet, FleetEndpoints endpoints, CreatedCertificate claim, int parallel)
    {
        var credential = new Credential(claim.CertificatePem, claim.PrivateKeyPem);
        var firmware = SimulateCommand.Firmware(endpoints, PayloadFormat.Json, KeyOrigin.DeviceEcdsaP256)(0);
        return CpuPerConnect(fleet.ProcessId("mqtt-gateway"), parallel, number => new MqttConnectionOptions
        {
            Host = endpoints.MqttHost,
            Port = endpoints.MqttPort,
            ClientId = $"bench-{number}",
            Tls = new() { CertificateContext = credential.Context, Roots = firmware.Roots },
        });
    }

    static async Task<double> CpuPerConnect(int server, int parallel, Func<int, MqttConnectionOptions> options)
    {
        var before = ProcessCpu.Milliseconds(server);
        await Parallel.ForEachAsync(Enumerable.Range(0, ConnectsPerLeg), new ParallelOptions { MaxDegreeOfParallelism = parallel }, async (number, cancellation) =>
        {
            await using var connection = await MqttClientConnection.Connect(options(number), cancellation);
            await connection.Disconnect(cancellation: cancellation);
        });
        return (ProcessCpu.Milliseconds(server) - before) / ConnectsPerLeg;
    }

    static int Option(string[] args, string name, int usual)
    {
        var at = Array.IndexOf(args, name);
        return at < 0 ? usual : int.Parse(args[at + 1], CultureInfo.InvariantCulture);
    }

    static void Line(FormattableString text) => Console.WriteLine(text.ToString(CultureInfo.InvariantCulture));
}
