using Microsoft.Extensions.Hosting;

namespace FleetPlatform.Events.Tests.Auditing;

/// <summary>A store with sealed events, and what somebody with the database's password can do to it.</summary>
public sealed class SealedOrders : IAsyncLifetime
{
    public const int Streams = 10;
    public const int Events = 60;
    public const int EventsPerSeal = 8;

    static readonly SealOptions Quick = new() { MaximumEvents = EventsPerSeal, Linger = TimeSpan.FromMilliseconds(5), PollInterval = TimeSpan.FromMilliseconds(50) };

    readonly Database _database = new();

    internal EventStore Store { get; private set; } = null!;
    internal ChainVerifier Verifier { get; private set; } = null!;

    public async ValueTask InitializeAsync()
    {
        await _database.InitializeAsync();
        Store = await _database.Postgres.OpenStore();
        Verifier = new(Store);
        for (var i = 0; i < Events; i++)
        {
            if (i % 7 == 3) await _database.Postgres.Execute("select nextval('mt_events_sequence')"); // a gap, as a failed append leaves it
            await Append(i);
        }

        await using var sealing = await Sealing.Start(Store, Quick);
        await Eventually.Is(async () => (await Verifier.FindState()).UnsealedEvents == 0);
        await Execute("create table events_as_they_were as select * from mt_events; create table seals_as_they_were as select * from fleet_seals");
    }

    public async ValueTask DisposeAsync()
    {
        await Store.DisposeAsync();
        await _database.DisposeAsync();
    }

    async Task Append(int number)
    {
        var session = Store.OpenSession(new() { CorrelationId = $"flow-{number}", CausationId = $"cause-{number}", Actor = $"actor-{number}", TraceId = $"trace-{number}" });
        if (number < Streams) session.StartStream(Orders.Stream(number), new OrderPlaced($"customer-{number}"));
        else session.Append(Orders.Stream(number % Streams), number / Streams, new LineAdded($"product-{number}", number));
        await session.SaveChangesAsync();
    }

    /// <summary>Does something to the tables as the database's owner may, past the foreign key.</summary>
    internal Task Execute(string sql) => _database.Postgres.Execute($"set session_replication_role = replica; {sql}; set session_replication_role = origin");

    internal Task<T> Scalar<T>(string sql) => _database.Postgres.Scalar<T>(sql);

    internal Task Restore() => Execute("""
        truncate mt_events; insert into mt_events select * from events_as_they_were;
        truncate fleet_seals; insert into fleet_seals select * from seals_as_they_were
        """);

    /// <summary>Everything that the verifier finds, stretch by stretch.</summary>
    internal async Task<IReadOnlyList<ChainFinding>> Findings(int enough = 20)
    {
        var (findings, stretch) = (new List<ChainFinding>(), new VerifiedStretch(0, ChainHead.Origin, true, []));
        while (stretch.More)
        {
            stretch = await Verifier.Verify(stretch.End, enough: enough);
            findings.AddRange(stretch.Findings);
        }

        return findings;
    }

    /// <summary>The event's place in the order of all.</summary>
    internal async Task<(long Sequence, string Stream, long Version)> Event(int place)
    {
        await using var command = _database.Postgres.DataSource.CreateCommand($"select seq_id, stream_id, version from events_as_they_were order by seq_id offset {place} limit 1");
        await using var row = await command.ExecuteReaderAsync();
        await row.ReadAsync();
        return (row.GetInt64(0), row.GetString(1), row.GetInt64(2));
    }
}

/// <summary>A started sealer, stopped when disposed.</summary>
sealed class Sealing : IAsyncDisposable
{
    Sealing(Sealer sealer) => Sealer = sealer;

    public Sealer Sealer { get; }

    public static async Task<Sealing> Start(EventStore store, SealOptions options)
    {
        var sealer = new Sealer(store, options);
        await ((IHostedService)sealer).StartAsync(CancellationToken.None);
        return new(sealer);
    }

    public async ValueTask DisposeAsync()
    {
        await Sealer.StopAsync(CancellationToken.None);
        Sealer.Dispose();
    }
}
