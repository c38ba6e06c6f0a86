using FleetPlatform.PostgresKit;

namespace FleetPlatform.Events.Tests.Projecting;

public sealed class ProjectingTests : IAsyncLifetime
{
    const string Fingerprint = "select coalesce(md5(string_agg(t::text, '|' order by stream)), '') from fleet_orders t";

    readonly Database _database = new();

    PostgresDatabase Postgres => _database.Postgres;

    public ValueTask InitializeAsync() => _database.InitializeAsync();

    public ValueTask DisposeAsync() => _database.DisposeAsync();

    [Fact]
    public async Task A_rebuild_gives_the_table_that_appending_gave()
    {
        await using var store = await Postgres.OpenStore(options => options.InlineProjections.Add(new OrderTable()));
        await AppendConcurrently(store);
        var inline = await Postgres.Scalar<string>(Fingerprint);
        await Postgres.Execute("update fleet_orders set quantity = -1; insert into fleet_orders values ('order-ghost', null, 0, '', gen_random_uuid(), now())");

        await store.RebuildAsync("orders");

        (await Postgres.Scalar<string>(Fingerprint)).ShouldBe(inline);
    }

    [Fact]
    public async Task A_rebuild_while_others_append_misses_and_doubles_nothing()
    {
        await using var store = await Postgres.OpenStore(options => options.InlineProjections.Add(new OrderTable()));
        var appending = Enumerable.Range(0, 5).Select(_ => AppendConcurrently(store)).ToList();

        for (var i = 0; i < 3; i++) await store.RebuildAsync("orders");
        await Task.WhenAll(appending);

        var inline = await Postgres.Scalar<string>(Fingerprint);
        await store.RebuildAsync("orders");
        (await Postgres.Scalar<string>(Fingerprint)).ShouldBe(inline);
    }

    /// <summary>Those of one transaction share the statements that take rows, whatever else each has, and keep their own order.</summary>
    [Fact]
    public async Task Sessions_that_are_committed_together_are_projected_each_in_its_order()
    {
        await using var store = await Postgres.OpenStore(options => options.InlineProjections.Add(new OrderTable()));
        await Task.WhenAll(Enumerable.Range(0, 60).Select(async i =>
        {
            var session = store.OpenSession();
            session.StartStream(Orders.Stream($"{i}"), [new OrderPlaced($"customer {i}"), .. Enumerable.Range(1, i % 3).Select(line => new LineAdded("bolt", line))]);
            if (i % 2 == 0) session.StartStream(Orders.Stream($"{i}-again"), new OrderPlaced("the same"));
            await session.SaveChangesAsync();
        }));

        var inline = await Postgres.Scalar<string>(Fingerprint);
        (await Postgres.Scalar<long>("select sum(quantity) from fleet_orders")).ShouldBe(20 + (20 * 3));
        (await Postgres.Scalar<long>("select count(*) from fleet_orders")).ShouldBe(90);
        await store.RebuildAsync("orders");
        (await Postgres.Scalar<string>(Fingerprint)).ShouldBe(inline);
    }

    [Fact]
    public async Task A_projection_new_to_the_database_is_filled_when_the_service_starts()
    {
        await using (var before = await Postgres.OpenStore()) await AppendConcurrently(before);

        await using var store = await Postgres.OpenStore(options => options.InlineProjections.Add(new OrderTable()));

        var filled = await Postgres.Scalar<string>(Fingerprint);
        await store.RebuildAsync("orders");
        (await Postgres.Scalar<string>(Fingerprint)).ShouldBe(filled);
        (await Postgres.Scalar<long>("select count(*) from fleet_orders")).ShouldBe(16);
    }

    [Fact]
    public async Task A_projection_is_rebuilt_once_when_its_version_rises()
    {
        await using (var first = await Postgres.OpenStore(options => options.InlineProjections.Add(new OrderTable()))) await AppendConcurrently(first);
        await Postgres.Execute("update fleet_orders set quantity = -1");

        await using (await Postgres.OpenStore(options => options.InlineProjections.Add(new OrderTable())))
            (await Postgres.Scalar<long>("select count(*) from fleet_orders where quantity = -1")).ShouldBe(16);
        await using (await Postgres.OpenStore(options => options.InlineProjections.Add(new OrderTable(version: 2))))
            (await Postgres.Scalar<long>("select count(*) from fleet_orders where quantity = -1")).ShouldBe(0);
    }

    [Fact]
    public async Task A_conflicting_session_leaves_no_row_and_the_others_theirs()
    {
        await using var store = await Postgres.OpenStore(options => options.InlineProjections.Add(new OrderTable()));
        await store.WriteToAggregate<Order, OrderEvent>(Orders.Stream("taken"), _ => new OrderPlaced("Ada"));

        var sessions = Enumerable.Range(0, 10).Select(i =>
        {
            var session = store.OpenSession();
            session.StartStream(Orders.Stream($"n{i}"), new OrderPlaced("new"));
            if (i == 4) session.StartStream(Orders.Stream("taken"), new OrderPlaced("Bob"));
            return session.SaveChangesAsync();
        }).ToList();

        await Should.ThrowAsync<ConcurrencyException>(sessions[4]);
        await Task.WhenAll(sessions.Where((_, i) => i != 4));
        (await Postgres.Scalar<long>("select count(*) from fleet_orders")).ShouldBe(10);
        (await Postgres.Scalar<string>("select customer from fleet_orders where stream = 'order-taken'")).ShouldBe("Ada");
        (await Postgres.Scalar<long>("select count(*) from fleet_orders where stream = 'order-n4'")).ShouldBe(0);
    }

    static Task AppendConcurrently(EventStore store) => Task.WhenAll(Enumerable.Range(0, 16).Select(async i =>
    {
        var id = Orders.Stream($"{i}");
        for (var round = 0; round < 5; round++)
            await store.WriteToAggregate<Order, OrderEvent>(
                id, order => order.Customer is null ? new OrderPlaced($"customer {i}") : new LineAdded("bolt", i + round), new() { Actor = $"actor {i}" });
    }));
}
