using System.Diagnostics;


namespace FleetPlatform.Events.Tests.Appending;

public sealed class AppendingTests(Database database) : IClassFixture<Database>
{
    [Fact]
    public async Task A_session_stores_its_events_with_everything_known_about_them()
    {
        await using var store = await database.Postgres.OpenStore();
        var id = Orders.Stream(Guid.CreateVersion7());
        using var activity = new Activity("test").SetIdFormat(ActivityIdFormat.W3C).Start();
        var session = store.OpenSession(new() { CorrelationId = "flow", CausationId = "message", Actor = "operator" });
        session.StartStream(id, new OrderPlaced("Ada"), new LineAdded("bolt", 3));

        await session.SaveChangesAsync(TestContext.Current.CancellationToken);

        var events = await store.FetchStreamAsync(id, cancellation: TestContext.Current.CancellationToken);
        events.Select(e => e.Version).ShouldBe([1, 2]);
        events.Select(e => e.Data).ShouldBe([new OrderPlaced("Ada"), new LineAdded("bolt", 3)]);
        events.Select(e => e.Type).ShouldBe(["order.placed.v1", "order.line-added.v1"]);
        events[0].Metadata.ShouldBe(new EventMetadata
        {
            CorrelationId = "flow", CausationId = "message", Actor = "operator",
            TraceId = activity.TraceId.ToHexString(), TraceParent = activity.Id,
        });
        events[1].Sequence.ShouldBeGreaterThan(events[0].Sequence);
    }

    [Fact]
    public async Task A_stream_that_moved_is_a_conflict_and_nothing_of_the_session_is_stored()
    {
        await using var store = await database.Postgres.OpenStore();
        var (moved, other) = (Orders.Stream(Guid.CreateVersion7()), Orders.Stream(Guid.CreateVersion7()));
        await Append(store, moved, 0, new OrderPlaced("Ada"));
        await Append(store, moved, 1, new LineAdded("bolt", 1));
        var session = store.OpenSession();
        session.StartStream(other, new OrderPlaced("Bob"));
        session.Append(moved, 1, new OrderClosed());

        var conflict = await Should.ThrowAsync<ConcurrencyException>(session.SaveChangesAsync());

        (conflict.StreamId, conflict.ExpectedVersion, conflict.ActualVersion).ShouldBe((moved, 1, 2));
        (await store.FetchStreamAsync(other)).ShouldBeEmpty();
        (await store.FetchStreamAsync(moved)).Count.ShouldBe(2);
    }

    [Theory]
    [InlineData(0)]
    [InlineData(1)]
    [InlineData(3)]
    public async Task Only_the_current_version_may_be_expected(long expected)
    {
        await using var store = await database.Postgres.OpenStore();
        var id = Orders.Stream(Guid.CreateVersion7());
        await Append(store, id, 0, new OrderPlaced("Ada"), new LineAdded("bolt", 1));

        await Should.ThrowAsync<ConcurrencyException>(Append(store, id, expected, new OrderClosed()));
    }

    [Fact]
    public async Task Sessions_committed_together_each_get_their_own_result()
    {
        await using var store = await database.Postgres.OpenStore();
        var run = Guid.CreateVersion7();
        await Append(store, Orders.Stream($"{run}-7"), 0, new OrderPlaced("early"));

        var results = await Task.WhenAll(Enumerable.Range(0, 64).Select(async i =>
        {
            try
            {
                await Append(store, Orders.Stream($"{run}-{i}"), 0, i == 11 ? new OrderPlaced("nul \0 is no text for jsonb") : new OrderPlaced("late"));
                return "stored";
            }
            catch (ConcurrencyException)
            {
                return "conflict";
            }
            catch (Npgsql.PostgresException)
            {
                return "refused";
            }
        }));

        results.Select((result, i) => (result, i)).Where(r => r.result != "stored").ShouldBe([("conflict", 7), ("refused", 11)]);
        (await store.FetchStreamAsync(Orders.Stream($"{run}-63"))).Count.ShouldBe(1);
        (await store.FetchStreamAsync(Orders.Stream($"{run}-11"))).ShouldBeEmpty();
    }

    [Fact]
    public async Task Contenders_for_one_stream_of_one_process_all_get_through()
    {
        await using var store = await database.Postgres.OpenStore();
        var id = Orders.Stream(Guid.CreateVersion7());

        var written = await Task.WhenAll(Enumerable.Range(0, 32).Select(_ =>
            store.WriteToAggregate<Order, OrderEvent>(id, _ => new LineAdded("bolt", 1))));

        written.Select(w => w.Version).Order().ShouldBe(Enumerable.Range(1, 32).Select(i => (long)i));
        written.ShouldAllBe(w => w.State.Lines == w.Version);
        (await store.AggregateStreamAsync<Order, OrderEvent>(id)).Quantity.ShouldBe(32);
    }

    [Fact]
    public async Task A_refusal_and_a_nothing_record_nothing()
    {
        await using var store = await database.Postgres.OpenStore();
        var id = Orders.Stream(Guid.CreateVersion7());

        var refused = await store.WriteToAggregate<Order, OrderEvent>(id, _ => new Refusal("not-found", "no such order"));
        var nothing = await store.WriteToAggregate<Order, OrderEvent>(id, _ => Decision<OrderEvent>.Nothing);

        refused.Refusal.ShouldBe(new("not-found", "no such order"));
        (nothing.Refusal, nothing.Version, nothing.State).ShouldBe((null, 0, Order.Initial));
        (await store.FetchStreamAsync(id)).ShouldBeEmpty();
    }

    [Fact]
    public async Task Many_streams_are_fetched_for_writing_in_the_order_asked()
    {
        await using var store = await database.Postgres.OpenStore();
        var (one, two, absent) = (Orders.Stream(Guid.CreateVersion7()), Orders.Stream(Guid.CreateVersion7()), Orders.Stream(Guid.CreateVersion7()));
        await Append(store, one, 0, new OrderPlaced("Ada"), new LineAdded("bolt", 1));
        await Append(store, two, 0, new OrderPlaced("Bob"));
        var session = store.OpenSession();

        var streams = await session.FetchManyForWriting<Order, OrderEvent>([two, absent, one]);
        foreach (var stream in streams) stream.Append(new LineAdded("nut", 2));
        streams[0].Append(new OrderClosed());
        await session.SaveChangesAsync();

        streams.Select(s => (s.Id, s.Version, s.Aggregate.Customer)).ShouldBe([(two, 1, "Bob"), (absent, 0, null), (one, 2, "Ada")]);
        (await store.FetchAsync<Order, OrderEvent>([one, two, absent])).Select(f => (f.Version, f.Aggregate.Closed))
            .ShouldBe([(3, false), (3, true), (1, false)]);
    }

    [Fact]
    public async Task A_session_saves_once_and_appends_in_order_only()
    {
        await using var store = await database.Postgres.OpenStore();
        var session = store.OpenSession();
        var id = Orders.Stream(Guid.CreateVersion7());
        session.StartStream(id, new OrderPlaced("Ada"));
        session.Append(id, 1, new OrderClosed());

        Should.Throw<ArgumentException>(() => session.Append(id, 1, new OrderClosed()));
        await session.SaveChangesAsync();

        (await store.FetchStreamAsync(id)).Count.ShouldBe(2);
        Should.Throw<InvalidOperationException>(() => { session.SaveChangesAsync(); });
    }

    static Task Append(EventStore store, StreamId id, long expected, params IReadOnlyList<object> events)
    {
        var session = store.OpenSession();
        session.Append(id, expected, events);
        return session.SaveChangesAsync();
    }
}
