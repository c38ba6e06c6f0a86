using System.Diagnostics;
using System.Globalization;
using FleetPlatform.Events;
using FleetPlatform.PostgresKit;
using FleetPlatform.RotationScheduler;
using FleetPlatform.RotationScheduler.Campaigns;
using FleetPlatform.RotationScheduler.Certificates;
using FleetPlatform.RotationScheduler.Renewals;
using FleetPlatform.RotationScheduler.Rotations;
using FleetPlatform.RotationScheduler.Schedule;

namespace FleetPlatform.Bench;

/// <summary>The scheduler's own code on a durable PostgreSQL with many registered certificates: a policy that changes, the forecasts, the pick of what is due.</summary>
static class ScheduleBench
{
    static readonly DateTimeOffset Now = new(2026, 11, 22, 12, 0, 0, TimeSpan.Zero);

    public static async Task Run(int certificates)
    {
        await using var database = await PostgresDatabase.CreateDurable();
        await using var source = EventStore.CreateDataSource(database.ConnectionString);
        var options = new EventStoreOptions { EventTypes = EventNames.All };
        foreach (var table in (IInlineProjection[])[new CertificatesTable(), new RenewalsTable(), new RotationsProjection(), new CampaignsProjection()]) options.InlineProjections.Add(table);
        await using var store = new EventStore(source, options, TimeProvider.System);
        await store.EnsureSchemaAsync(CancellationToken.None);
        await Seed(database, certificates);

        Console.WriteLine($"| with {certificates.ToString("#,0", CultureInfo.InvariantCulture)} registered certificates | seconds | CPU here | working set |");
        Console.WriteLine("|---|---|---|---|");
        var rules = new RenewalRules(store);
        await store.WriteToAggregate<Renewal, RenewalEvent>(Renewal.StreamOf("default"), renewal => SetRenewalPolicy.Decide(new() { Scope = "default", PerMinute = 1_000 }, renewal, Now));
        await Measured("a policy changes: when each is due, computed anew", () => new Reschedule(store, rules).Handle(CancellationToken.None));
        var forecast = new Forecast(store, new At(Now));
        foreach (var by in (string[])["week", "issuer", "group", "template"])
            await Measured($"forecast by {by}", () => forecast.Read(by, 104, CancellationToken.None));
        var due = new DueRotations(store, rules, new StartRotation(store, new RotationsTable(store), new At(Now)), new RotationSchedulerOptions(), new At(Now));
        await Measured("the pick of 1,000 due ones", () => due.Find("default", windowOpen: true, Now, 1_000, CancellationToken.None));
    }

    // Seven hundred days of issuance, valid for a year and more; fifty groups, five templates, three issuers.
    static async Task Seed(PostgresDatabase database, int certificates)
    {
        await using var insert = database.DataSource.CreateCommand("""
            insert into fleet_certificates (certificate_id, version, read_at, status, thing_name, groups, template, issuer, public_key, not_before, not_after)
            select encode(sha256(n::text::bytea), 'hex'), 1, now(), 'Active', 'SN-' || n, array['g' || n % 50], 't' || n % 5, 'CN=Issuing CA ' || n % 3, md5(n::text),
                timestamptz '2025-01-01' + n % 700 * interval '1 day', timestamptz '2026-01-01' + (n % 700 + 330) * interval '1 day' from generate_series(1, $1) n;
            """);
        insert.CommandTimeout = 0;
        insert.Parameters.Add(new() { Value = certificates });
        await insert.ExecuteNonQueryAsync();
        await using var vacuum = database.DataSource.CreateCommand("vacuum analyze fleet_certificates");
        vacuum.CommandTimeout = 0;
        await vacuum.ExecuteNonQueryAsync();
    }

    static async Task Measured(string what, Func<Task> act)
    {
        var (began, cpu) = (Stopwatch.GetTimestamp(), Environment.CpuUsage.TotalTime);
        await act();
        Console.WriteLine(string.Create(CultureInfo.InvariantCulture,
            $"| {what} | {Stopwatch.GetElapsedTime(began).TotalSeconds:0.00} | {(Environment.CpuUsage.TotalTime - cpu).TotalSeconds:0.00} s | {Environment.WorkingSet >> 20} MiB |"));
    }

    sealed class At(DateTimeOffset now) : TimeProvider
    {
        public override DateTimeOffset GetUtcNow() => now;
    }
}
