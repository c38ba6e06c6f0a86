using System.Diagnostics;
using FleetPlatform.Pki;
using FleetPlatform.TestKit;
using Npgsql;

namespace FleetPlatform.Stories;

/// <summary>Devices provision while a process of the platform is killed at a random instant of their flows. See <see cref="Seeds"/> for the long version.</summary>
public sealed class CrashStories(Platform platform)
{
    const string Issued = "select substr(stream_id, length('certificate-') + 1) from mt_events where type = 'certificate.signed.v1' and data ->> 'clientId' like $1";

    const string Active = "select certificate_id, exists (select from fleet_attachments a where a.certificate_id = p.certificate_id) from fleet_principals p where status = 'Active' and certificate_id = any ($1)";

    static readonly TimeSpan Moment = TimeSpan.FromMilliseconds(400); // of flows that take a little longer
    static readonly string[] Victims = ["template-engine", "thing-registry", "certificate-authority", "mqtt-gateway", "rotation-scheduler", "postgres"];

    [Fact]
    public async Task A_crash_between_any_two_steps_loses_nothing_doubles_nothing_and_orphans_nothing()
    {
        await platform.Claim(Platform.Template); // an operator's call, which is not what is interrupted here
        var interrupted = 0;
        foreach (var seed in Seeds.All(usual: 1))
        {
            interrupted += await Run(seed);
            TestContext.Current.TestOutputHelper?.WriteLine($"after seed {seed}: {interrupted} flows were interrupted, and all are whole");
        }
    }

    /// <returns>How many flows were under way when the process was killed.</returns>
    async Task<int> Run(int seed)
    {
        var killer = new Killer(platform, seed);
        var victim = killer.Choose(Victims);
        var name = $"seed {seed}, {victim} killed";
        var devices = Enumerable.Range(0, Seeds.Devices(usual: 6)).Select(_ => new Provisioned(platform, platform.NewSerial($"crash-{seed}"), name)).ToArray();

        var flows = devices.Select(device => Task.Run(device.Provisions)).ToArray();
        var former = await killer.Kill(victim, Moment);
        var interrupted = flows.Count(flow => !flow.IsCompleted);
        await Task.WhenAll(flows);
        await platform.Fleet.IsBack(victim, former);

        foreach (var device in devices) await Eventually.Holds(() => device.IsWhole());
        await Eventually.Holds(() => HasNoOrphans(seed, devices, name));
        await platform.HasRecovered();
        return interrupted;
    }

    /// <summary>Of everything that was signed for these devices, answers that nobody got included, each device's one certificate is ACTIVE and has its thing.</summary>
    async Task HasNoOrphans(int seed, Provisioned[] devices, string run)
    {
        var issued = await Select("certificate-authority", Issued, new() { Value = $"SN-crash-{seed}-%" }, row => row.GetString(0));
        issued.Count.ShouldBeGreaterThanOrEqualTo(devices.Length, run);
        var active = await Select("thing-registry", Active, new() { Value = issued.ToArray() }, row => (Id: row.GetString(0), HasThing: row.GetBoolean(1)));
        active.ShouldAllBe(certificate => certificate.HasThing, run);
        active.Select(certificate => certificate.Id).Order().ShouldBe(devices.Select(device => device.Registered).Order(), run);
    }

    async Task<IReadOnlyList<T>> Select<T>(string service, string sql, NpgsqlParameter parameter, Func<NpgsqlDataReader, T> read)
    {
        await using var database = NpgsqlDataSource.Create(platform.Fleet.EnvironmentOf(service)[$"ConnectionStrings__{service}-db"]);
        await using var command = database.CreateCommand(sql);
        command.Parameters.Add(parameter);
        await using var rows = await command.ExecuteReaderAsync();
        var found = new List<T>();
        while (await rows.ReadAsync()) found.Add(read(rows));
        return found;
    }

    /// <summary>A device that goes on until it has its thing, with everything it was told on the way.</summary>
    sealed class Provisioned(Platform platform, string serial, string run)
    {
        readonly List<string> _certificates = [];
        readonly List<string> _failures = [];
        string? _token;

        /// <summary>The certificate that it was told to be registered with.</summary>
        public string Registered { get; private set; } = "";

        /// <summary>Tries until the device has its thing; says what went wrong on the way when that takes too long.</summary>
        public async Task Provisions()
        {
            using var patience = new CancellationTokenSource(Eventually.Patience);
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
            Registered = _certificates[^1];
            return true;
        }

        /// <summary>What was acknowledged is there, once; and no certificate of the device is ACTIVE but the one of its thing.</summary>
        public async Task IsWhole()
        {
            (await platform.Operator.ListThingPrincipals(serial, default)).ShouldHaveSingleItem(run).ShouldEndWith(Registered, Case.Sensitive, run);
            (await platform.Events($"thing-{serial}")).Count(type => type == "thing.registered.v1").ShouldBe(1, run);
            (await platform.Events($"principal-{Registered}")).Count(type => type == "principal.provisioned.v1").ShouldBe(1, run);
            foreach (var certificate in _certificates)
            {
                var described = (await platform.Operator.Send(HttpMethod.Get, $"/certificates/{certificate}", null, default))["certificateDescription"]!;
                (described["status"]!.GetValue<string>() == "ACTIVE").ShouldBe(certificate == Registered, run);
            }
        }
    }
}
