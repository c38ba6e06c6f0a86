using System.Diagnostics;
using FleetPlatform.Pki;
using FleetPlatform.TestKit;

namespace FleetPlatform.Stories;

/// <summary>Devices provision while a service is killed at a random instant of their flows. See <see cref="Seeds"/> for the long version.</summary>
public sealed class CrashStories(Platform platform)
{
    const int DevicesInRun = 6;
    static readonly TimeSpan Patience = TimeSpan.FromSeconds(120);
    static readonly string[] Victims = ["template-engine", "thing-registry", "certificate-authority", "mqtt-gateway"];

    [Fact]
    public async Task A_crash_between_any_two_steps_loses_nothing_doubles_nothing_and_orphans_nothing()
    {
        foreach (var seed in Seeds.All(usual: 1)) await Run(seed);
    }

    async Task Run(int seed)
    {
        var random = new Random(seed);
        var victim = Victims[random.Next(Victims.Length)];
        var name = $"seed {seed}, {victim} killed";
        var former = platform.Fleet.ProcessId(victim);
        var devices = Enumerable.Range(0, DevicesInRun).Select(_ => new Provisioned(platform, platform.NewSerial($"crash-{seed}"), name)).ToArray();
        using var instant = new PeriodicTimer(TimeSpan.FromMilliseconds(1 + random.Next(400)));

        var flows = devices.Select(device => Task.Run(device.Provisions)).ToArray();
        await instant.WaitForNextTickAsync();
        platform.Fleet.Kill(victim);
        await Task.WhenAll(flows);
        await platform.Fleet.IsBack(victim, former);

        foreach (var device in devices) await Eventually.Holds(() => device.IsWhole(), TimeSpan.FromSeconds(30));
        await platform.HasRecovered();
    }

    /// <summary>A device that goes on until it has its thing, with everything it was told on the way.</summary>
    sealed class Provisioned(Platform platform, string serial, string run)
    {
        readonly List<string> _certificates = [];
        readonly List<string> _failures = [];
        string? _token;
        string _registered = "";

        /// <summary>Tries until the device has its thing; says what went wrong on the way when that takes too long.</summary>
        public async Task Provisions()
        {
            using var patience = new CancellationTokenSource(Patience);
            using var pace = new PeriodicTimer(TimeSpan.FromMilliseconds(200));
            var (attempt, began) = (0, Stopwatch.StartNew());
            while (!await Tries(attempt++))
            {
                if (patience.IsCancellationRequested) throw new TimeoutException($"{run}: {serial} is not through after {attempt} attempts:\n{string.Join('\n', _failures)}");
                _failures[^1] = $"{began.Elapsed.TotalSeconds:0.0} s: {_failures[^1]}";
                await pace.WaitForNextTickAsync();
            }
        }

        async Task<bool> Tries(int attempt)
        {
            try
            {
                await using var claim = await platform.ConnectsWithClaim($"{serial}-{attempt}");
                return await Registers(claim);
            }
            catch (Exception lost) when (lost is not OutOfMemoryException)
            {
                _failures.Add($"{lost.GetType().Name}: {lost.Message}"); // the connection went with its gateway, or an answer never came
                return false;
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
            if (!answer.Topic.EndsWith("/accepted", StringComparison.Ordinal))
            {
                _failures.Add(answer.Body.ToJsonString());
                return false;
            }

            answer.Body["thingName"]!.GetValue<string>().ShouldBe(serial);
            _registered = _certificates[^1];
            return true;
        }

        /// <summary>What was acknowledged is there, once; and no certificate of the device is ACTIVE but the one of its thing.</summary>
        public async Task IsWhole()
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
