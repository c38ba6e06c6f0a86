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
/// list; and what one revocation costs before and after.
/// </summary>
static class ListBench
{
    public static async Task<int> Run(string[] args)
    {
        var entries = Option(args, "--entries", 100_000);
        var revocations = Option(args, "--revocations", 50);
        await using var fleet = await Fleet.Start();
        var endpoints = FleetEndpoints.Read(fleet.Directory);
        using var controlPlane = new ControlPlaneClient(endpoints);
        var environment = ServiceEnvironment.Of(fleet, "revocation");
        using var http = new HttpClient { BaseAddress = new($"http://127.0.0.1:{environment["PKI_PORT"]}"), Timeout = TimeSpan.FromMinutes(5) };
        await using var database = NpgsqlDataSource.Create(environment["ConnectionStrings__revocation-db"]);

        Line($"one revocation, {await CostOf(revocations, controlPlane):0.0} ms with an empty list");
        await Seed(database, entries);
        await Eventually.Is(async () => await EntriesOf(database, "issuing-1/full") >= entries, "the whole list is cut", TimeSpan.FromMinutes(5));
        foreach (var list in (string[])["issuing-1/full", "issuing-1/0", "issuing-1/delta"])
        {
            await using var select = database.CreateCommand("select entries, length, seconds from fleet_lists where list_id = $1");
            select.Parameters.Add(new() { Value = list });
            await using var rows = await select.ExecuteReaderAsync();
            await rows.ReadAsync();
            Line($"{list,-16} {rows.GetInt64(0),9} entries {rows.GetInt64(1),12} octets {rows.GetDouble(2),8:0.00} s");
        }

        foreach (var service in (string[])["revocation", "certificate-authority"]) Line($"peak memory of {service,-22} {ServiceEnvironment.PeakMebibytes(fleet.ProcessId(service)):0} MiB");
        await Verify(http, fleet.Directory);
        Line($"one revocation, {await CostOf(revocations, controlPlane):0.0} ms with {entries} on the list");
        return 0;
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

    static async Task Seed(NpgsqlDataSource database, int entries)
    {
        await using var insert = database.CreateCommand("""
            insert into fleet_entries (issuer_id, serial, shard, certificate_id, reason, revoked_at, not_after, listed)
            select 'issuing-1', '\x02'::bytea || decode(md5(n::text), 'hex') || decode('010203', 'hex'), n % 16, md5(n::text) || md5(n::text),
                case n % 4 when 0 then 'KeyCompromise' when 1 then 'Superseded' when 2 then 'Unspecified' else 'CertificateHold' end,
                now() - interval '1 hour', now() + interval '5 years', true
            from generate_series(1, $1) n
            """);
        insert.CommandTimeout = 0;
        insert.Parameters.Add(new() { Value = entries });
        await insert.ExecuteNonQueryAsync();
        await using var analyze = database.CreateCommand("analyze fleet_entries");
        await analyze.ExecuteNonQueryAsync();
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
