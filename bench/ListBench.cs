using System.Diagnostics;
using FleetPlatform.Bench.Measuring;
using FleetPlatform.Cli;
using FleetPlatform.Cli.ControlPlane;
using FleetPlatform.TestKit;
using Npgsql;
using static FleetPlatform.Bench.RevokeBench;

namespace FleetPlatform.Bench;

/// <summary>
/// Revocation lists of many entries, cut and signed by the running platform: seconds, octets, peak memory of both services; what openssl says to the
/// list; and what one revocation costs with none, 10,000 and all of them revoked.
/// </summary>
static class ListBench
{
    public static async Task<int> Run(string[] args)
    {
        var entries = Option(args, "--entries", 1_000_000);
        var revocations = Option(args, "--revocations", 50);
        await using var fleet = await Fleet.Start();
        var endpoints = FleetEndpoints.Read(fleet.Directory);
        using var controlPlane = new ControlPlaneClient(endpoints);
        var environment = fleet.EnvironmentOf("revocation");
        using var http = new HttpClient { BaseAddress = new($"http://127.0.0.1:{environment["PKI_PORT"]}"), Timeout = TimeSpan.FromMinutes(5) };
        await using var database = NpgsqlDataSource.Create(environment["ConnectionStrings__revocation-db"]);

        await CostOf(revocations, controlPlane); // code that nobody has run yet
        await Show(0);
        await Seed(database, 0, Math.Min(10_000, entries));
        await Show(Math.Min(10_000, entries));
        string[] services = ["revocation", "certificate-authority"];
        foreach (var service in services) Line($"peak memory of {service,-22} {ProcessMemory.PeakMebibytes(fleet.ProcessId(service)):0} MiB before");

        await Seed(database, Math.Min(10_000, entries), entries);
        await CostOf(1, controlPlane); // something new, so that the whole list is due, and something on the first part
        await using (var touch = database.CreateCommand("update fleet_entries set changed_at = clock_timestamp(), listed = false where serial = (select serial from fleet_entries where shard = 0 order by serial limit 1)"))
            await touch.ExecuteNonQueryAsync();
        await Eventually.Is(async () => await EntriesOf(database, "issuing-1/full") >= entries, "the whole list is cut", TimeSpan.FromMinutes(5));
        await Eventually.Is(async () => await EntriesOf(database, "issuing-1/0") >= entries / 20, "a part is cut", TimeSpan.FromMinutes(5));
        foreach (var list in (string[])["issuing-1/full", "issuing-1/0", "issuing-1/delta"])
        {
            await using var select = database.CreateCommand("select entries, length, seconds from fleet_lists where list_id = $1");
            select.Parameters.Add(new() { Value = list });
            await using var rows = await select.ExecuteReaderAsync();
            await rows.ReadAsync();
            Line($"{list,-16} {rows.GetInt64(0),9} entries {rows.GetInt64(1),12} octets {rows.GetDouble(2),8:0.00} s");
        }

        foreach (var service in services) Line($"peak memory of {service,-22} {ProcessMemory.PeakMebibytes(fleet.ProcessId(service)):0} MiB after");
        await Verify(http, fleet.Directory);
        await Show(entries);
        return 0;

        async Task Show(int listed)
        {
            var before = ProcessCpu.Milliseconds(fleet.ProcessId("revocation"));
            var median = await CostOf(revocations, controlPlane);
            Line($"one revocation {median,6:0.0} ms (median), {(ProcessCpu.Milliseconds(fleet.ProcessId("revocation")) - before) / (revocations + 5),6:0.0} CPU-ms of the revocation service, with {listed} revoked");
        }
    }

    // The median of the operator's call, recorded and answered.
    static async Task<double> CostOf(int revocations, ControlPlaneClient controlPlane)
    {
        var times = new List<double>();
        for (var i = 0; i < revocations + 5; i++)
        {
            var made = await controlPlane.CreateKeysAndCertificate(CancellationToken.None);
            var began = Stopwatch.GetTimestamp();
            await controlPlane.UpdateCertificate(made.CertificateId, "REVOKED", CancellationToken.None);
            if (i >= 5) times.Add(Stopwatch.GetElapsedTime(began).TotalMilliseconds);
        }

        times.Sort();
        return times[times.Count / 2];
    }

    // The service's tables as its projections leave them, an hour ago; the events behind them are left out, they would take an hour to load.
    static async Task Seed(NpgsqlDataSource database, int from, int to)
    {
        var began = Stopwatch.GetTimestamp();
        const string id = "lpad(to_hex(n), 64, '0')";
        const string serial = "'\\x020000000000000000000000'::bytea || int8send(n)";
        const string reason = "case n % 4 when 0 then 'KeyCompromise' when 1 then 'Superseded' when 2 then 'Unspecified' else 'CertificateHold' end";
        foreach (var insert in (string[])
            [
                $"insert into fleet_issued (certificate_id, issuer_id, serial, shard, not_after, requested_by, key_hash) select {id}, 'issuing-1', {serial}, n % 16, now() + interval '5 years', 'seed', {id} from generate_series($1 + 1, $2) n",
                $"insert into fleet_trust (certificate_id, reason, since, version, requested_by, position) select {id}, {reason}, now() - interval '1 hour', 1, 'seed', -n from generate_series($1 + 1, $2) n",
                $"insert into fleet_entries (issuer_id, serial, shard, certificate_id, reason, revoked_at, not_after, changed_at, listed) select 'issuing-1', {serial}, n % 16, {id}, {reason}, now() - interval '1 hour', now() + interval '5 years', now() - interval '1 hour', true from generate_series($1 + 1, $2) n",
                "analyze fleet_issued", "analyze fleet_trust", "analyze fleet_entries",
            ])
        {
            await using var command = database.CreateCommand(insert);
            command.CommandTimeout = 0;
            if (insert.StartsWith("insert", StringComparison.Ordinal)) command.Parameters.AddRange(new NpgsqlParameter[] { new() { Value = from }, new() { Value = to } });
            await command.ExecuteNonQueryAsync();
        }

        Line($"loaded {to - from} in {Stopwatch.GetElapsedTime(began).TotalSeconds:0} s");
    }

    static async Task<long> EntriesOf(NpgsqlDataSource database, string list)
    {
        await using var select = database.CreateCommand("select entries from fleet_lists where list_id = $1");
        select.Parameters.Add(new() { Value = list });
        return await select.ExecuteScalarAsync() as long? ?? 0;
    }

    static async Task Verify(HttpClient http, string folder)
    {
        var file = Path.Combine(folder, "full.crl");
        var began = Stopwatch.GetTimestamp();
        await using (var output = File.Create(file)) await (await http.GetStreamAsync("/issuing-1/full.crl")).CopyToAsync(output);
        Line($"fetched in {Stopwatch.GetElapsedTime(began).TotalSeconds:0.00} s, {new FileInfo(file).Length} octets");
        var chain = Path.Combine(folder, "chain.pem");
        await File.WriteAllTextAsync(chain, await http.GetStringAsync("/issuing-1/chain.pem"));
        var openssl = await Command.Run("openssl", ["crl", "-inform", "DER", "-in", file, "-noout", "-CAfile", chain], TimeSpan.FromMinutes(2));
        Line($"openssl: {openssl.Errors.Trim()}");
    }
}
