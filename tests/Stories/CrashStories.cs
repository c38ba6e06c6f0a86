using System.Globalization;
using FleetPlatform.Pki;
using FleetPlatform.TestKit;

namespace FleetPlatform.Stories;

/// <summary>
/// Devices provision while a service is killed at a random instant of their flows. FLEET_CRASH_RUNS=1000 for the long version,
/// FLEET_CRASH_SEED to begin at the seed that a failure names.
/// </summary>
public sealed class CrashStories(Platform platform)
{
    const int DevicesInRun = 6;
    static readonly string[] Victims = ["template-engine", "thing-registry", "certificate-authority", "mqtt-gateway"];

    [Fact]
    public async Task A_crash_between_any_two_steps_loses_nothing_doubles_nothing_and_orphans_nothing()
    {
        var seed = Number("FLEET_CRASH_SEED", Environment.TickCount & 0xFFFFFF);
        for (var run = 0; run < Number("FLEET_CRASH_RUNS", 2); run++)
            await Run(seed + run);
    }

    async Task Run(int seed)
    {
        var random = new Random(seed);
        var victim = Victims[random.Next(Victims.Length)];
        var former = platform.Fleet.ProcessId(victim);
        var devices = Enumerable.Range(0, DevicesInRun).Select(_ => new Provisioned(platform, platform.NewSerial($"crash-{seed}"))).ToArray();
        using var instant = new PeriodicTimer(TimeSpan.FromMilliseconds(1 + random.Next(150)));

        var flows = devices.Select(device => Task.Run(device.Provisions)).ToArray();
        await instant.WaitForNextTickAsync();
        platform.Fleet.Kill(victim);
        await Task.WhenAll(flows);
        await platform.Fleet.IsBack(victim, former);

        foreach (var device in devices) await Eventually.Holds(() => device.IsWhole($"seed {seed}, {victim} killed"), TimeSpan.FromSeconds(30));
        await platform.HasRecovered();
    }

    static int Number(string name, int absent) =>
        Environment.GetEnvironmentVariable(name) is { Length: > 0 } text ? int.Parse(text, CultureInfo.InvariantCulture) : absent;

    /// <summary>A device that goes on until it has its thing, with everything it was told on the way.</summary>
    sealed class Provisioned(Platform platform, string serial)
    {
        readonly List<string> _certificates = [];
        string? _token;
        string _registered = "";

        public async Task Provisions()
        {
            using var patience = new CancellationTokenSource(TimeSpan.FromSeconds(120));
            using var pace = new PeriodicTimer(TimeSpan.FromMilliseconds(200));
            for (var attempt = 0; ; attempt++)
            {
                try
                {
                    await using var claim = await platform.ConnectsWithClaim($"{serial}-{attempt}");
                    if (await Registers(claim)) return;
                }
                catch (Exception lost) when (lost is not OutOfMemoryException && !patience.IsCancellationRequested)
                {
                    // The connection went with its gateway, or an answer never came: a device tries again.
                }

                await pace.WaitForNextTickAsync(patience.Token);
            }
        }

        async Task<bool> Registers(Exchange claim)
        {
            if (_token is null)
            {
                using var key = KeyPair.CreateEcdsaP256();
                var created = await claim.CreatesFromCsr(key.CreateSigningRequest(serial));
                _certificates.Add(created["certificateId"]!.GetValue<string>());
                _token = created["certificateOwnershipToken"]!.GetValue<string>();
            }

            var answer = await claim.Registers(Platform.Template, _token, ("SerialNumber", serial));
            if (!answer.Topic.EndsWith("/accepted", StringComparison.Ordinal)) return false;
            answer.Body["thingName"]!.GetValue<string>().ShouldBe(serial);
            _registered = _certificates[^1];
            return true;
        }

        /// <summary>What was acknowledged is there, once; and no certificate of the device is ACTIVE but the one of its thing.</summary>
        public async Task IsWhole(string run)
        {
            (await platform.Operator.ListThingPrincipals(serial, default)).ShouldHaveSingleItem(run).ShouldEndWith(_registered, Case.Sensitive, run);
            (await platform.Events($"thing-{serial}")).Count(type => type == "thing.registered.v1").ShouldBe(1, run);
            (await platform.Events($"principal-{_registered}")).Count(type => type == "principal.provisioned.v1").ShouldBe(1, run);
            foreach (var certificate in _certificates)
            {
                var described = (await platform.Operator.Send(HttpMethod.Get, $"/certificates/{certificate}", null, default))["certificateDescription"]!;
                (described["status"]!.GetValue<string>() == "ACTIVE").ShouldBe(certificate == _registered, run);
            }
        }
    }
}
