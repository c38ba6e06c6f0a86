
namespace FleetPlatform.Events.Tests.Subscribing;

public sealed class SubscribingTests : IAsyncLifetime
{
    readonly Database _database = new();

    public ValueTask InitializeAsync() => _database.InitializeAsync();

    public ValueTask DisposeAsync() => _database.DisposeAsync();

    [Fact]
    public async Task A_commit_wakes_its_subscription_which_never_polls()
    {
        await using var store = await _database.Postgres.OpenStore();
        var recorder = new Recorder();
        await using var running = await Running.Start(store, new SubscriptionOptions { PollInterval = TimeSpan.FromHours(1) }, recorder);

        for (var i = 0; i < 20; i++)
        {
            await store.WriteToAggregate<Order, OrderEvent>(Orders.Stream($"woken-{i}"), _ => new OrderPlaced("Ada"));
            await Eventually.Is(() => recorder.Count == i + 1);
        }
    }

    [Fact]
    public async Task A_restart_continues_at_the_checkpoint()
    {
        await using var store = await _database.Postgres.OpenStore();
        var first = new Recorder();
        await using (await Running.Start(store, first)) await Append(store, "a", 5, first);

        var second = new Recorder();
        await using var running = await Running.Start(store, second);
        await Append(store, "b", 3, second);

        second.Seen.ShouldAllBe(e => e.StreamId.Key.StartsWith('b'));
        (await _database.Postgres.Scalar<long>("select last_seq_id from mt_event_progression where name = 'recorder'"))
            .ShouldBe(second.Seen[^1].Sequence);
    }

    [Fact]
    public async Task One_replica_leads_and_another_takes_over_when_it_stops()
    {
        await using var store = await _database.Postgres.OpenStore();
        await using var replica = await _database.Postgres.OpenStore();
        var (first, second) = (new Recorder(), new Recorder());
        var leader = await Running.Start(store, first);
        await Eventually.Is(() => leader.Runner.Led.Count == 1);
        await using var follower = await Running.Start(replica, second);

        await Append(replica, "a", 10, first); // appended by the follower, heard of by the leader
        second.Count.ShouldBe(0);
        await leader.DisposeAsync();
        await Append(store, "b", 10, second);

        first.Seen.Concat(second.Seen).Select(e => e.Id).Distinct().Count().ShouldBe(20);
        follower.Runner.Led.ShouldBe(["recorder"]);
    }

    [Fact]
    public async Task A_leader_whose_connection_dies_steps_down_and_nothing_is_lost()
    {
        await using var store = await _database.Postgres.OpenStore();
        await using var replica = await _database.Postgres.OpenStore();
        var recorder = new Recorder(); // shared: what either handles
        await using var one = await Running.Start(store, recorder);
        await using var two = await Running.Start(replica, recorder);
        await Append(store, "a", 5, recorder);

        for (var round = 0; round < 3; round++)
        {
            await _database.Postgres.Execute(
                "select pg_terminate_backend(pid) from pg_locks where locktype = 'advisory' and pid <> pg_backend_pid() and database = (select oid from pg_database where datname = current_database())");
            for (var i = 0; i < 20; i++)
                await store.WriteToAggregate<Order, OrderEvent>(Orders.Stream($"r{round}-{i}"), _ => new OrderPlaced("Ada"));
        }

        await Eventually.Is(() => recorder.Seen.Select(e => e.Id).Distinct().Count() == 65);
        await Eventually.Is(() => one.Runner.Led.Count + two.Runner.Led.Count == 1);
    }

    [Fact]
    public async Task A_failing_event_comes_again_and_what_precedes_it_does_not()
    {
        await using var store = await _database.Postgres.OpenStore();
        var failures = 0;
        var recorder = new Recorder
        {
            Failure = batch => batch.Any(e => e.StreamId.Key == "bad") && Interlocked.Increment(ref failures) < 4 ? new InvalidDataException("not now") : null,
        };
        var session = store.OpenSession();
        foreach (var key in new[] { "x1", "x2", "bad", "x3" }) session.StartStream(Orders.Stream(key), new OrderPlaced(key));
        await session.SaveChangesAsync();

        await using var running = await Running.Start(store, recorder);

        await Eventually.Is(() => recorder.Count == 4);
        recorder.Seen.Select(e => e.StreamId.Key).ShouldBe(["x1", "x2", "bad", "x3"]);
        await Eventually.Is(async () => (await running.Runner.FindLags())[0].Behind == TimeSpan.Zero);
    }

    [Fact]
    public async Task An_event_nobody_handles_shows_as_lag()
    {
        await using var store = await _database.Postgres.OpenStore();
        await using var running = await Running.Start(store, new Recorder { Failure = _ => new InvalidDataException("never") });
        (await running.Runner.FindLags()).ShouldBe([new("recorder", TimeSpan.Zero)]);

        await store.WriteToAggregate<Order, OrderEvent>(Orders.Stream("stuck"), _ => new OrderPlaced("Ada"));

        await Eventually.Is(async () => (await running.Runner.FindLags())[0].Behind > TimeSpan.FromMilliseconds(300));
    }

    [Fact]
    public async Task A_database_restored_on_another_server_is_handled_to_the_end_without_skipping()
    {
        await using (var store = await _database.Postgres.OpenStore())
        {
            var before = new Recorder();
            await using (await Running.Start(store, before)) await Append(store, "a", 5, before);
            for (var i = 0; i < 5; i++) await store.WriteToAggregate<Order, OrderEvent>(Orders.Stream($"late-{i}"), _ => new OrderPlaced("Ada"));
        }

        // Transaction ids of a server that has seen far more of them than this one.
        await _database.Postgres.Execute("update mt_events set fleet_transaction_id = (fleet_transaction_id::text::bigint + 1000000000)::text::xid8");
        await _database.Postgres.Execute("update fleet_checkpoints set transaction_id = (transaction_id::text::bigint + 1000000000)::text::xid8");
        await using var restored = await _database.Postgres.OpenStore();
        var after = new Recorder();
        await using var running = await Running.Start(restored, after);

        await Append(restored, "new", 2, after, expected: 7);
        after.Seen.Select(e => e.StreamId.Key).ShouldBe([.. Enumerable.Range(0, 5).Select(i => $"late-{i}"), "new-0", "new-1"]);
    }

    [Fact]
    public async Task A_subscription_to_some_types_is_told_those_and_is_done_with_the_others()
    {
        await using (var former = await _database.Postgres.OpenStore(options => options.EventTypes = new EventTypes().Map<LineAdded>("order.line.v1")))
            await Save(former, session => session.StartStream(Orders.Stream("old"), new LineAdded("pen", 1)));
        await using var store = await _database.Postgres.OpenStore(options => options.EventTypes.Upcast("order.line.v1", "order.line-added.v1", body => body));
        for (var i = 0; i < 3; i++)
            await Save(store, session => session.StartStream(Orders.Stream(i), new OrderPlaced("Ada"), new LineAdded($"{i}", 1), new OrderClosed()));

        var (lines, endings, all) = (new Recorder("lines") { IncludedEventTypes = [typeof(LineAdded)] },
            new Recorder("endings") { IncludedEventTypes = [typeof(OrderClosed), typeof(OrderPlaced)], Failure = batch => batch.Count > 1 ? new InvalidDataException("one by one") : null },
            new Recorder("all") { IncludedEventTypes = [typeof(OrderEvent)] });
        await using var running = await Running.Start(store, new SubscriptionOptions { BatchSize = 2, Pace = TimeSpan.Zero, RetryDelay = TimeSpan.FromMilliseconds(1) }, lines, endings, all);

        await Eventually.Is(() => lines.Count == 4 && endings.Count == 6 && all.Count == 10);
        lines.Seen.Select(e => ((LineAdded)e.Data).Product).ShouldBe(["pen", "0", "1", "2"]);
        endings.Seen.Select(e => (e.StreamId.Key, e.Version)).ShouldBe([("0", 1), ("0", 3), ("1", 1), ("1", 3), ("2", 1), ("2", 3)]);
        await Eventually.Is(async () => (await running.Runner.FindLags()).All(lag => lag.Behind == TimeSpan.Zero));
    }

    [Fact]
    public async Task A_subscription_to_what_is_no_event_is_refused()
    {
        await using var store = await _database.Postgres.OpenStore();

        Should.Throw<ArgumentException>(() => new SubscriptionRunner(store, [new Recorder { IncludedEventTypes = [typeof(LineAdded), typeof(string)] }])).Message.ShouldContain("String");
    }

    [Fact]
    public async Task Two_subscriptions_of_one_name_are_refused()
    {
        await using var store = await _database.Postgres.OpenStore();

        Should.Throw<ArgumentException>(() => new SubscriptionRunner(store, [new Recorder(), new Recorder()]));
    }

    static async Task Save(EventStore store, Action<EventSession> write)
    {
        var session = store.OpenSession();
        write(session);
        await session.SaveChangesAsync();
    }

    static async Task Append(EventStore store, string prefix, int count, Recorder recorder, int? expected = null)
    {
        var target = recorder.Count + (expected ?? count);
        for (var i = 0; i < count; i++)
            await store.WriteToAggregate<Order, OrderEvent>(Orders.Stream($"{prefix}-{i}"), _ => new OrderPlaced("Ada"));
        await Eventually.Is(() => recorder.Count >= target, what: $"{recorder.Count} of {target} events came.");
    }
}
