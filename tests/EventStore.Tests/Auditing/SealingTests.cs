using FleetPlatform.Events.Auditing;
using Npgsql;

namespace FleetPlatform.Events.Tests.Auditing;

public sealed class SealingTests : IAsyncLifetime
{
    static readonly SealOptions Quick = new() { MaximumEvents = 64, Linger = TimeSpan.FromMilliseconds(2), PollInterval = TimeSpan.FromMilliseconds(20) };

    readonly Database _database = new();

    public ValueTask InitializeAsync() => _database.InitializeAsync();

    public ValueTask DisposeAsync() => _database.DisposeAsync();

    [Fact]
    public async Task Every_event_is_sealed_once_whoever_writes_and_whoever_seals()
    {
        await using var store = await _database.Postgres.OpenStore();
        await using var replica = await _database.Postgres.OpenStore();
        await using var one = await Sealing.Start(store, Quick);
        await using var two = await Sealing.Start(replica, Quick);

        await Task.WhenAll(Enumerable.Range(0, 400).Select(i => (i % 2 == 0 ? store : replica)
            .WriteToAggregate<Order, OrderEvent>(Orders.Stream(i), _ => new OrderPlaced("Ada"))));

        var verifier = new ChainVerifier(store);
        await Eventually.Is(async () => (await verifier.FindState()).UnsealedEvents == 0);
        var all = await verifier.Verify(ChainHead.Origin);
        all.Findings.ShouldBeEmpty();
        (all.Events, all.More, all.End).ShouldBe((400, false, (await verifier.FindState()).Head));
        (await one.Sealer.FindLag()).ShouldBe(TimeSpan.Zero);
    }

    [Fact]
    public async Task An_event_that_commits_late_holds_back_those_behind_it_and_is_sealed_before_them()
    {
        await using var store = await _database.Postgres.OpenStore();
        await store.WriteToAggregate<Order, OrderEvent>(Orders.Stream("first"), _ => new OrderPlaced("Ada"));
        await using var connection = await _database.Postgres.DataSource.OpenConnectionAsync();
        await using var late = await connection.BeginTransactionAsync();
        await Execute(connection, Insert("late"));
        await store.WriteToAggregate<Order, OrderEvent>(Orders.Stream("behind"), _ => new OrderPlaced("Ada"));
        var verifier = new ChainVerifier(store);
        await using var sealing = await Sealing.Start(store, Quick);
        await Eventually.Is(async () => await sealing.Sealer.FindLag() > TimeSpan.FromMilliseconds(300));
        (await verifier.FindState()).Head.Sequence.ShouldBeLessThan(2);

        await late.CommitAsync();

        await Eventually.Is(async () => (await verifier.FindState()).Head.Sequence == 3);
        var all = await verifier.Verify(ChainHead.Origin);
        all.Findings.ShouldBeEmpty();
        all.Events.ShouldBe(3);
    }

    /// <summary>It lies behind all that a snapshot knows of: the snapshot's xmax comes after the last transaction that has ended.</summary>
    [Fact]
    public async Task The_newest_transaction_of_all_is_waited_for_too()
    {
        await using var store = await _database.Postgres.OpenStore();
        await store.WriteToAggregate<Order, OrderEvent>(Orders.Stream("first"), _ => new OrderPlaced("Ada"));
        await using var first = await _database.Postgres.DataSource.OpenConnectionAsync();
        await using var older = await first.BeginTransactionAsync();
        await Execute(first, "select pg_current_xact_id()");
        await using var second = await _database.Postgres.DataSource.OpenConnectionAsync();
        await using var newest = await second.BeginTransactionAsync();
        await Execute(second, Insert("newest"));
        await Execute(first, Insert("older"));
        await older.CommitAsync();

        var frontier = new Frontier();
        await using (var looking = await _database.Postgres.DataSource.OpenConnectionAsync())
            for (var look = 0; look < 3; look++) (await frontier.Advance(looking, default)).ShouldSatisfyAllConditions(found => found.Safe.ShouldBeLessThan(2), found => found.HeldBack.ShouldBeTrue());
        await using var sealing = await Sealing.Start(store, Quick);
        await Eventually.Is(async () => await sealing.Sealer.FindLag() > TimeSpan.FromMilliseconds(300));
        await newest.CommitAsync();

        var verifier = new ChainVerifier(store);
        await Eventually.Is(async () => (await verifier.FindState()).Head.Sequence == 3);
        (await verifier.Verify(ChainHead.Origin)).ShouldSatisfyAllConditions(all => all.Findings.ShouldBeEmpty(), all => all.Events.ShouldBe(3));
    }

    [Fact]
    public async Task A_sealer_that_loses_the_database_goes_on_when_it_is_back()
    {
        await using var store = await _database.Postgres.OpenStore();
        await using var sealing = await Sealing.Start(store, Quick);
        await _database.Postgres.Execute("alter table fleet_seals rename to hidden");
        await store.WriteToAggregate<Order, OrderEvent>(Orders.Stream("during"), _ => new OrderPlaced("Ada"));
        await _database.Postgres.Execute("alter table hidden rename to fleet_seals");

        await Eventually.Is(async () => (await new ChainVerifier(store).FindState()) is { UnsealedEvents: 0, Head.Seal: 1 });
    }

    static string Insert(string order) => $$"""
        insert into mt_streams (id, version) values ('order-{{order}}', 1);
        insert into mt_events (seq_id, id, stream_id, version, data, type)
        values (nextval('mt_events_sequence'), gen_random_uuid(), 'order-{{order}}', 1, '{}', 'order.closed.v1')
        """;

    static async Task Execute(NpgsqlConnection connection, string sql)
    {
        await using var command = new NpgsqlCommand(sql, connection);
        await command.ExecuteNonQueryAsync();
    }

    [Fact]
    public async Task An_empty_store_has_an_empty_chain()
    {
        await using var store = await _database.Postgres.OpenStore();
        var verifier = new ChainVerifier(store);

        (await verifier.FindState()).ShouldBe(new(ChainHead.Origin, 0, null));
        var nothing = await verifier.Verify(ChainHead.Origin);
        (nothing.Events, nothing.More, nothing.Findings.Count, nothing.End).ShouldBe((0, false, 0, ChainHead.Origin));
    }

    // Pinned: another encoding would break every chain that exists.
    [Fact]
    public async Task What_is_hashed_is_pinned()
    {
        await using var store = await _database.Postgres.OpenStore();
        await _database.Postgres.Execute("""
            insert into mt_streams (id, version) values ('order-ä', 2);
            insert into mt_events (seq_id, id, stream_id, version, data, bdata, type, timestamp, mt_dotnet_type, correlation_id, causation_id, user_name, headers)
            values (7, '0198a3f2-0000-7000-8000-000000000001', 'order-ä', 2, '{"b": 1.50, "a": "ü"}', '\x00ff', 'order.placed.v1', '2026-11-22 12:34:56.789012+00',
                null, '', 'cause', 'actor', '{"traceId": "t"}')
            """);
        await using var command = _database.Postgres.DataSource.CreateCommand($"select {SealedEvent.Columns} from mt_events e");
        await using var row = await command.ExecuteReaderAsync();
        await row.ReadAsync();

        var read = SealedEvent.Read(row, new());
        Convert.ToHexStringLower(read.Hash.Span).ShouldBe("b1384872b43d104b9be9e92ef28b9b078876ef33418c4b69701f3a241f1bccbf");
        Convert.ToHexStringLower(new Seal(1, 0, 7, SealedEvent.Write([read]), 123_456_789, []).Recompute(Seal.Origin, new()))
            .ShouldBe("6b536943def29324abc49283cf011301c131132d448ebd78c2a93fd46e1d8ec3");
        var back = new List<SealedEvent>();
        SealedEvent.TryReadAll(SealedEvent.Write([read, read]), back).ShouldBeTrue();
        back.Select(each => (each.Sequence, each.Version, each.Stream)).ShouldBe([(7, 2, "order-ä"), (7, 2, "order-ä")]);
    }
}
