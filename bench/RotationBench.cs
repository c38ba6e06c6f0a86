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
    static readonly string[] Servers =
        ["mqtt-gateway", "certificate-authority", "template-engine", "thing-registry", "rotation-scheduler", "revocation", "control-plane", "postgres", "bus"];

    /// <param name="args">
    /// <c>--devices n</c> (default 2,000; 0: none), <c>--warm-up n</c> devices that rotate before and do not count (default 300), <c>--certificates n</c> for the scheduler alone (default 1,000,000; 0: none).
    /// </param>
    public static async Task<int> Run(string[] args)
    {
        if (Option(args, "--certificates", 1_000_000) is > 0 and var certificates) await ScheduleBench.Run(certificates);
        return Option(args, "--devices", 2_000) is > 0 and var devices ? await Rotate(devices, Option(args, "--warm-up", 300), Option(args, "--parallel", 32)) : 0;
    }

    static async Task<int> Rotate(int devices, int warmUp, int parallel)
    {
        await using var fleet = await Fleet.Start();
        var endpoints = FleetEndpoints.Read(fleet.Directory);
        using var controlPlane = new ControlPlaneClient(endpoints);
        await using var database = NpgsqlDataSource.Create(fleet.EnvironmentOf("rotation-scheduler")["ConnectionStrings__rotation-scheduler-db"]);
        await controlPlane.CreatePolicy("bench-device", ExamplePolicies.Device(controlPlane.Arns), CancellationToken.None);
        using var life = new CancellationTokenSource();

        var first = await Connect("warm-up", warmUp);
        await Campaign("warm-up", warmUp, first.Simulator, controlPlane, database);

        var memory = ProcessCpu.ResidentMebibytes(fleet.ProcessId("mqtt-gateway"));
        var (own, began) = (ProcessCpu.ResidentMebibytes(Environment.ProcessId), Stopwatch.GetTimestamp());
        var second = await Connect("bench", devices);
        Line($"connected    {second.Simulator.Connected} of {devices}, provisioned and connected after {Stopwatch.GetElapsedTime(began).TotalSeconds:0.0} s");
        var with = ProcessCpu.ResidentMebibytes(fleet.ProcessId("mqtt-gateway"));
        Line($"gateway      {memory:0} MiB before, {with:0} MiB with them: {(with - memory) * 1024 / devices:0.0} KiB a device; here {(ProcessCpu.ResidentMebibytes(Environment.ProcessId) - own) * 1024 / devices:0.0} KiB");

        await Measured(fleet, devices, () => Campaign("bench", devices, second.Simulator, controlPlane, database), database);
        var lost = first.Simulator.Lost + second.Simulator.Lost;
        Line($"lost         {lost} devices without a working certificate {first.Simulator.FirstLoss ?? second.Simulator.FirstLoss}");
        await life.CancelAsync();
        await Task.WhenAll(first.Running, second.Running);
        return lost == 0 ? 0 : 1;

        async Task<(RotationSimulator Simulator, Task Running)> Connect(string template, int count)
        {
            var simulator = new RotationSimulator(await Provision(template, count, parallel, endpoints, controlPlane), parallel);
            var running = simulator.Run(life.Token);
            await Eventually.Is(() => simulator.Connected + simulator.Lost >= count, "all are connected", TimeSpan.FromMinutes(5));
            return (simulator, running);
        }
    }

    static async Task<IReadOnlyList<SimulatedDevice>> Provision(string template, int devices, int parallel, FleetEndpoints endpoints, ControlPlaneClient controlPlane)
    {
        await controlPlane.CreateTemplate(template, ExamplePolicies.Template("bench-device"), CancellationToken.None);
        var claim = await ClaimCommand.Make(template, template, controlPlane, CancellationToken.None);
        var credential = new Credential(claim.CertificatePem, claim.PrivateKeyPem);
        var stores = Enumerable.Range(0, devices).Select(_ => new MemoryCredentialStore(credential)).ToArray();
        var firmware = SimulateCommand.Firmware(endpoints, PayloadFormat.Json, KeyOrigin.DeviceEcdsaP256, template);
        var summary = await new FleetSimulator(new()
        {
            Devices = devices, Parallel = parallel, Claim = credential, Device = firmware, Store = number => stores[number],
        }).Run();
        Line($"provisioned  {summary.Succeeded} of {devices} in {summary.Elapsed.TotalSeconds:0.0} s");
        return [.. stores.Select((store, number) => new SimulatedDevice(firmware(number), store))];
    }

    // All of a template in one wave, and the old certificates revoked as soon as the new ones are proven.
    static async Task Campaign(string template, int devices, RotationSimulator simulator, ControlPlaneClient controlPlane, NpgsqlDataSource database)
    {
        await Eventually.Is(async () => await Count(database, $"fleet_certificates where status = 'Active' and template = '{template}'") >= devices, "the scheduler knows all", TimeSpan.FromMinutes(1));
        var began = Stopwatch.GetTimestamp();
        await controlPlane.Ask<CampaignDescription>(HttpMethod.Post, $"/fleet/rotation/campaigns/{template}", CancellationToken.None, new JsonObject
        {
            ["query"] = new JsonObject { ["template"] = template }, ["canaryPercent"] = 100, ["perMinute"] = 100_000, ["answerSeconds"] = 300,
            ["overlapSeconds"] = 0, ["revokeAfterSeconds"] = 0,
        });
        foreach (var (what, column) in ((string, string)[])[("proven", "proven_at"), ("ended", "ended_at")])
        {
            using var look = new PeriodicTimer(TimeSpan.FromMilliseconds(250)); // what is looked at is paid by the database that is measured
            while (await Count(database, $"fleet_rotations where campaign_id = '{template}' and {column} is not null") < devices - simulator.Lost) await look.WaitForNextTickAsync();
            Line($"{what,-12} {devices} after {Stopwatch.GetElapsedTime(began).TotalSeconds:0.0} s: {devices / Stopwatch.GetElapsedTime(began).TotalSeconds:0.0} rotations/s");
        }
    }

    static async Task Measured(Fleet fleet, int devices, Func<Task> campaign, NpgsqlDataSource database)
    {
        var before = Servers.ToDictionary(server => server, server => ProcessCpu.Milliseconds(fleet.ProcessId(server)), StringComparer.Ordinal);
        var own = Environment.CpuUsage.TotalTime;
        await campaign();

        Line($"rotated      {await Count(database, "fleet_rotations where campaign_id = 'bench' and phase = 'completed'")} of {devices}");
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
