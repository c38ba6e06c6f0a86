using System.Diagnostics;
using System.Globalization;
using FleetPlatform.Bench.Measuring;
using FleetPlatform.Events;
using FleetPlatform.PostgresKit;
using Microsoft.Extensions.Hosting;

namespace FleetPlatform.Bench;

/// <summary>The hash chain over a store: CPU for each event sealed, and for each verified, of the process, once it is warm, and of PostgreSQL.</summary>
static class AuditBench
{
    // Compiling what runs often costs more, once in each process, than sealing fifty thousand events does.
    const int WarmUp = 100_000;

    // As large as most events of the platform: about 600 bytes of JSON.
    static string Fill(int first, int last) => string.Create(CultureInfo.InvariantCulture, $$"""
        insert into mt_streams (id, version) select 'bench-' || n, 1 from generate_series({{first}}, {{last}}) n;
        insert into mt_events (seq_id, id, stream_id, version, data, type, correlation_id, user_name, headers)
        select nextval('mt_events_sequence'), gen_random_uuid(), 'bench-' || n, 1, jsonb_build_object('thingName', 'SN-' || n, 'detail', repeat('x', 560)), 'bench.measured.v1', 'flow-' || n, 'operator',
            '{"traceId": "0af7651916cd43dd8448eb211c80319c"}'
        from generate_series({{first}}, {{last}}) n
        """);

    /// <param name="args"><c>--events n</c> (default 100,000).</param>
    public static async Task<int> Run(string[] args)
    {
        var events = RevokeBench.Option(args, "--events", 100_000);
        await using var database = await PostgresDatabase.CreateDurable();
        await using var dataSource = EventStore.CreateDataSource(database.ConnectionString);
        await using var store = new EventStore(dataSource, new());
        await store.EnsureSchemaAsync();
        var postmaster = (int)await database.Scalar<long>("select split_part(pg_read_file('postmaster.pid'), chr(10), 1)::bigint");
        var verifier = new ChainVerifier(store);
        await database.Execute(Fill(1, WarmUp));
        await Seal();
        var warm = await Verify(ChainHead.Origin);
        await database.Execute(Fill(WarmUp + 1, WarmUp + events));

        Console.WriteLine("| | events/s | CPU-µs per event, client + PostgreSQL |");
        Console.WriteLine("|---|---|---|");
        await Measure("sealed", Seal);
        await Measure("verified", () => Verify(warm));
        Console.WriteLine($"kept for each event: {await database.Scalar<long>("select sum(octet_length(content)) from fleet_seals") / (WarmUp + events)} bytes");
        return 0;

        async Task Seal()
        {
            using var sealer = new Sealer(store, new() { Linger = TimeSpan.FromMilliseconds(1) });
            await ((IHostedService)sealer).StartAsync(CancellationToken.None);
            await Eventually.Is(async () => await sealer.FindLag() == TimeSpan.Zero, within: TimeSpan.FromMinutes(5));
            await sealer.StopAsync(CancellationToken.None);
        }

        async Task<ChainHead> Verify(ChainHead from)
        {
            while (true)
            {
                var stretch = await verifier.Verify(from);
                if (stretch.Findings.Count > 0) throw new InvalidOperationException($"{stretch.Findings[0]}");
                if (!stretch.More) return stretch.End;
                from = stretch.End;
            }
        }

        async Task Measure(string what, Func<Task> work)
        {
            var (client, postgres, began) = (Process.GetCurrentProcess().TotalProcessorTime, ProcessCpu.Milliseconds(postmaster), Stopwatch.GetTimestamp());
            await work();
            var seconds = Stopwatch.GetElapsedTime(began).TotalSeconds;
            var own = (Process.GetCurrentProcess().TotalProcessorTime - client).TotalMilliseconds;
            Console.WriteLine(string.Create(CultureInfo.InvariantCulture,
                $"| {what} | {events / seconds:N0} | {own * 1000 / events:F1} + {(ProcessCpu.Milliseconds(postmaster) - postgres) * 1000 / events:F1} |"));
        }
    }
}
