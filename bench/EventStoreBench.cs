using System.Diagnostics;
using System.Globalization;
using FleetPlatform.Bench.Measuring;
using FleetPlatform.Events;
using FleetPlatform.PostgresKit;
using Npgsql;
using NpgsqlTypes;

namespace FleetPlatform.Bench;

/// <summary>
/// Appends of one new stream with one event of about 300 bytes each: the store with its group commit, next to plain Npgsql with a transaction each, in
/// turns on the same server. Bar: docs/performance.md.
/// </summary>
static class EventStoreBench
{
    static readonly Measured Event = new("SN-0042", new('x', 64), "sensor-v2", new('y', 64), DateTimeOffset.UnixEpoch, new('z', 40));

    /// <param name="args"><c>--seconds n</c> per measurement (default 5), <c>--sessions 1,8,32,128</c>, <c>--writers n</c>.</param>
    public static async Task<int> Run(string[] args)
    {
        var seconds = int.Parse(Option("--seconds", "5"), CultureInfo.InvariantCulture);
        var sessions = Option("--sessions", "1,8,32,128").Split(',').Select(n => int.Parse(n, CultureInfo.InvariantCulture));
        await using var database = await PostgresDatabase.CreateDurable();
        await using var dataSource = EventStore.CreateDataSource(new NpgsqlConnectionStringBuilder(database.ConnectionString) { MaxPoolSize = 140 }.ConnectionString);
        await using var store = new EventStore(dataSource, new()
        {
            EventTypes = new EventTypes().Map<Measured>("bench.measured.v1"),
            Writers = int.Parse(Option("--writers", "1"), CultureInfo.InvariantCulture),
            AnnounceCommits = false,
        });
        await store.EnsureSchemaAsync();
        var postmaster = await FindPostmaster(dataSource);

        Console.WriteLine("| store | sessions | appends/s | CPU-ms per append, client + PostgreSQL | p50 / p99 ms |");
        Console.WriteLine("|---|---|---|---|---|");
        foreach (var warm in (int[])[32, 1])
        {
            // The compiler comes back for what runs often, for seconds; what is measured is compiled and prepared.
            await Measure(postmaster, warm, 5, StoreAppend);
            await Measure(postmaster, warm, 2, PlainAppend);
        }

        foreach (var count in sessions)
        {
            Console.WriteLine($"| EventStore | {count} | {await Measure(postmaster, count, seconds, StoreAppend)} |");
            Console.WriteLine($"| EventStore, fetched and decided | {count} | {await Measure(postmaster, count, seconds, StoreDecide)} |");
            Console.WriteLine($"| plain Npgsql | {count} | {await Measure(postmaster, count, seconds, PlainAppend)} |");
        }

        return 0;

        string Option(string name, string absent) => Array.IndexOf(args, name) is >= 0 and var at && at + 1 < args.Length ? args[at + 1] : absent;

        Task StoreAppend()
        {
            var session = store.OpenSession();
            session.StartStream(StreamId.Of("bench", Guid.CreateVersion7().ToString("N")), Event);
            return session.SaveChangesAsync();
        }

        // One of 100,000 streams, folded before the append.
        Task StoreDecide() => store.WriteToAggregate<Count, Measured>(
            StreamId.Of("decided", $"{Random.Shared.Next(100_000)}"), _ => Event);

        Task PlainAppend() => AppendPlainly(dataSource);
    }

    static async Task<string> Measure(int postmaster, int sessions, int seconds, Func<Task> append)
    {
        var (client, postgres) = (Process.GetCurrentProcess().TotalProcessorTime, ProcessCpu.Milliseconds(postmaster));
        var watch = Stopwatch.StartNew();
        var waits = await Task.WhenAll(Enumerable.Range(0, sessions).Select(_ => Task.Run(async () =>
        {
            var own = new List<double>();
            while (watch.Elapsed.TotalSeconds < seconds)
            {
                var started = Stopwatch.GetTimestamp();
                await append();
                own.Add(Stopwatch.GetElapsedTime(started).TotalMilliseconds);
            }

            return own;
        })));
        var elapsed = watch.Elapsed.TotalSeconds;
        var clientMilliseconds = (Process.GetCurrentProcess().TotalProcessorTime - client).TotalMilliseconds;
        var serverMilliseconds = ProcessCpu.Milliseconds(postmaster) - postgres;

        var all = waits.SelectMany(own => own).Order().ToList();
        return string.Create(CultureInfo.InvariantCulture,
            $"{all.Count / elapsed:N0} | {clientMilliseconds / all.Count:F3} + {serverMilliseconds / all.Count:F3} = {(clientMilliseconds + serverMilliseconds) / all.Count:F3} | {all[all.Count / 2]:F1} / {all[all.Count * 99 / 100]:F1}");
    }

    // The server has to be on this machine: its CPU time is read from /proc.
    static async Task<int> FindPostmaster(NpgsqlDataSource dataSource)
    {
        await using var command = dataSource.CreateCommand("select split_part(pg_read_file('postmaster.pid'), chr(10), 1)::int");
        return (int)(await command.ExecuteScalarAsync())!;
    }

    static async Task AppendPlainly(NpgsqlDataSource dataSource)
    {
        var stream = $"plain-{Guid.CreateVersion7():N}";
        await using var connection = await dataSource.OpenConnectionAsync();
        await using var batch = new NpgsqlBatch(connection)
        {
            BatchCommands =
            {
                new("insert into mt_streams (id, version) values ($1, 1)") { Parameters = { new NpgsqlParameter<string> { TypedValue = stream } } },
                new("insert into mt_events (seq_id, id, stream_id, version, data, type) values (nextval('mt_events_sequence'), $1, $2, 1, $3, $4)")
                {
                    Parameters =
                    {
                        new NpgsqlParameter<Guid> { TypedValue = Guid.CreateVersion7() },
                        new NpgsqlParameter<string> { TypedValue = stream },
                        new NpgsqlParameter<string> { TypedValue = EventJson.Write(Event), NpgsqlDbType = NpgsqlDbType.Jsonb },
                        new NpgsqlParameter<string> { TypedValue = "bench.measured.v1" },
                    },
                },
            },
        };
        await batch.ExecuteNonQueryAsync();
    }

    sealed record Count(int Events) : IAggregate<Count, Measured>
    {
        public static Count Initial { get; } = new(0);

        public Count Evolve(Measured @event) => new(Events + 1);
    }

    sealed record Measured(string Thing, string CertificateId, string Template, string Detail, DateTimeOffset At, string Note);
}
