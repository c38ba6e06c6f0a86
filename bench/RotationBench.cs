using System.Diagnostics;
using System.Globalization;
using System.Text.Json.Nodes;
using FleetPlatform.Bench.Measuring;
using FleetPlatform.Cli;
using FleetPlatform.Cli.Commands;
using FleetPlatform.Cli.ControlPlane;
using FleetPlatform.Contracts.RotationScheduler;
using FleetPlatform.Device;
using FleetPlatform.TestKit;
using Npgsql;

namespace FleetPlatform.Bench;

/// <summary>
/// A fleet that is connected gets other certificates by a campaign: rotations a second, the CPU of every process for each, the gateway's memory
/// for each connected device; and what deciding about many registered certificates costs the scheduler.
/// </summary>
static class RotationBench
{
    const string Template = "bench";

    static readonly string[] Servers =
        ["mqtt-gateway", "certificate-authority", "template-engine", "thing-registry", "rotation-scheduler", "revocation", "control-plane", "postgres", "bus"];

    /// <param name="args"><c>--devices n</c> (default 2,000; 0: none), <c>--certificates n</c> for the scheduler alone (default 1,000,000; 0: none).</param>
    public static async Task<int> Run(string[] args)
    {
        if (Option(args, "--certificates", 1_000_000) is > 0 and var certificates) await ScheduleBench.Run(certificates);
        return Option(args, "--devices", 2_000) is > 0 and var devices ? await Rotate(devices, Option(args, "--parallel", 32)) : 0;
    }

    static async Task<int> Rotate(int devices, int parallel)
    {
        await using var fleet = await Fleet.Start();
        var endpoints = FleetEndpoints.Read(fleet.Directory);
        using var controlPlane = new ControlPlaneClient(endpoints);
        var provisioned = await Provision(devices, parallel, endpoints, controlPlane);

        using var life = new CancellationTokenSource();
        var simulator = new RotationSimulator(provisioned, parallel);
        var memory = ProcessCpu.ResidentMebibytes(fleet.ProcessId("mqtt-gateway"));
        var (own, began) = (ProcessCpu.ResidentMebibytes(Environment.ProcessId), Stopwatch.GetTimestamp());
        var running = simulator.Run(life.Token);
        await Eventually.Is(() => simulator.Connected + simulator.Lost >= devices, "all are connected", TimeSpan.FromMinutes(5));
        Line($"connected    {simulator.Connected} of {devices} in {Stopwatch.GetElapsedTime(began).TotalSeconds:0.0} s");
        Line($"gateway      {memory:0} MiB before, {ProcessCpu.ResidentMebibytes(fleet.ProcessId("mqtt-gateway")):0} MiB with them: {(ProcessCpu.ResidentMebibytes(fleet.ProcessId("mqtt-gateway")) - memory) * 1024 / devices:0.0} KiB a device; here {(ProcessCpu.ResidentMebibytes(Environment.ProcessId) - own) * 1024 / devices:0.0} KiB");

        await Campaign(fleet, devices, controlPlane, simulator);
        await life.CancelAsync();
        await running;
        return simulator.Lost == 0 ? 0 : 1;
    }

    static async Task<IReadOnlyList<SimulatedDevice>> Provision(int devices, int parallel, FleetEndpoints endpoints, ControlPlaneClient controlPlane)
    {
        await controlPlane.CreatePolicy("bench-device", ExamplePolicies.Device(controlPlane.Arns), CancellationToken.None);
        await controlPlane.CreateTemplate(Template, ExamplePolicies.Template("bench-device"), CancellationToken.None);
        var claim = await ClaimCommand.Make(Template, Template, controlPlane, CancellationToken.None);
        var credential = new Credential(claim.CertificatePem, claim.PrivateKeyPem);
        var stores = Enumerable.Range(0, devices).Select(_ => new MemoryCredentialStore(credential)).ToArray();
        var firmware = SimulateCommand.Firmware(endpoints, PayloadFormat.Json, KeyOrigin.DeviceEcdsaP256, Template);
        var summary = await new FleetSimulator(new()
        {
            Devices = devices, Parallel = parallel, Claim = credential, Device = firmware, Store = number => stores[number],
        }).Run();
        Line($"provisioned  {summary.Succeeded} of {devices} in {summary.Elapsed.TotalSeconds:0.0} s");
        return [.. stores.Select((store, number) => new SimulatedDevice(firmware(number), store))];
    }

    static async Task Campaign(Fleet fleet, int devices, ControlPlaneClient controlPlane, RotationSimulator simulator)
    {
        await using var database = NpgsqlDataSource.Create(fleet.EnvironmentOf("rotation-scheduler")["ConnectionStrings__rotation-scheduler-db"]);
        await Eventually.Is(async () => await Count(database, "fleet_certificates where status = 'Active' and template = 'bench'") >= devices, "the scheduler knows all", TimeSpan.FromMinutes(1));
        var before = Servers.ToDictionary(server => server, server => ProcessCpu.Milliseconds(fleet.ProcessId(server)), StringComparer.Ordinal);
        var (own, began) = (Environment.CpuUsage.TotalTime, Stopwatch.GetTimestamp());
        await controlPlane.Ask<CampaignDescription>(HttpMethod.Post, "/fleet/rotation/campaigns/bench", CancellationToken.None, new JsonObject
        {
            ["query"] = new JsonObject { ["template"] = Template }, ["canaryPercent"] = 100, ["perMinute"] = 100_000, ["answerSeconds"] = 300,
            ["overlapSeconds"] = 0, ["revokeAfterSeconds"] = 0,
        });
        await Eventually.Is(async () => await Count(database, "fleet_rotations where proven_at is not null") >= devices, "all are proven", TimeSpan.FromMinutes(5));
        var proven = Stopwatch.GetElapsedTime(began);
        Line($"proven       {devices} after {proven.TotalSeconds:0.0} s: {devices / proven.TotalSeconds:0.0} rotations/s");
        await Eventually.Is(async () => await Count(database, "fleet_rotations where ended_at is not null") >= devices, "all old certificates are revoked", TimeSpan.FromMinutes(5));
        var ended = Stopwatch.GetElapsedTime(began);

        Line($"rotated      {await Count(database, "fleet_rotations where phase = 'completed'")} of {devices}, {simulator.Lost} devices lost");
        Line($"ended        old certificates revoked after {ended.TotalSeconds:0.0} s: {devices / ended.TotalSeconds:0.0} rotations/s");
        Line($"CPU-ms per rotation, from the command to the revoked old certificate");
        var sum = 0.0;
        foreach (var server in Servers)
        {
            var each = (ProcessCpu.Milliseconds(fleet.ProcessId(server)) - before[server]) / devices;
            sum += each;
            Line($"  {server,-22} {each,7:0.00}   {ProcessCpu.ResidentMebibytes(fleet.ProcessId(server)),7:0} MiB");
        }

        Line($"  {"sum",-22} {sum,7:0.00}   (the simulator, apart: {(Environment.CpuUsage.TotalTime - own).TotalMilliseconds / devices:0.00})");
    }

    static async Task<long> Count(NpgsqlDataSource database, string what)
    {
        await using var select = database.CreateCommand($"select count(*) from {what}");
        return (long)(await select.ExecuteScalarAsync())!;
    }

    static int Option(string[] args, string name, int usual)
    {
        var at = Array.IndexOf(args, name);
        return at < 0 ? usual : int.Parse(args[at + 1], CultureInfo.InvariantCulture);
    }

    static void Line(FormattableString text) => Console.WriteLine(text.ToString(CultureInfo.InvariantCulture));
}
