using FleetPlatform.PostgresKit;

namespace FleetPlatform.Events.Tests.Storing;

public sealed class OutageTests : IAsyncLifetime
{
    const string OtherBackends = "from pg_stat_activity where datname = current_database() and pid <> pg_backend_pid()";

    readonly Database _database = new();

    PostgresDatabase Postgres => _database.Postgres;

    public ValueTask InitializeAsync() => _database.InitializeAsync();

    public ValueTask DisposeAsync() => _database.DisposeAsync();

    [Fact]
    public async Task A_connection_killed_in_the_middle_of_a_commit_leaves_nothing_half_done_and_is_no_success()
    {
        await using var store = await Postgres.OpenStore(options => options.InlineProjections.Add(new Stalls()));
        var sessions = Enumerable.Range(0, 8).Select(i =>
        {
            var session = store.OpenSession();
            session.StartStream(Orders.Stream($"a{i}"), new OrderPlaced(i == 5 ? "stall" : "Ada"));
            session.StartStream(Orders.Stream($"b{i}"), new OrderPlaced("Ada"));
            return session.SaveChangesAsync();
        }).ToList();
        await Eventually.Is(async () => await Postgres.Scalar<long>($"select count(*) {OtherBackends} and wait_event = 'PgSleep'") == 1);

        await Postgres.Execute($"select pg_terminate_backend(pid) {OtherBackends} and wait_event = 'PgSleep'");

        var failed = 0;
        foreach (var session in sessions)
        {
            try
            {
                await session;
            }
            catch (EventStoreUnavailableException)
            {
                failed++;
            }
        }

        failed.ShouldBeGreaterThan(0);
        (await Postgres.Scalar<long>("select count(*) from mt_events")).ShouldBe(2 * (8 - failed));
        (await Postgres.Scalar<long>("select count(*) from mt_streams s where version <> (select count(*) from mt_events where stream_id = s.id)")).ShouldBe(0);
        await store.WriteToAggregate<Order, OrderEvent>(Orders.Stream("after"), _ => new OrderPlaced("Ada"));
    }

    [Fact]
    public async Task A_database_that_is_away_is_unavailable_within_a_bounded_time_and_comes_back_by_itself()
    {
        await using var store = await Postgres.OpenStore();
        await store.WriteToAggregate<Order, OrderEvent>(Orders.Stream("before"), _ => new OrderPlaced("Ada"));
        await using var elsewhere = Npgsql.NpgsqlDataSource.Create(
            new Npgsql.NpgsqlConnectionStringBuilder(Postgres.ConnectionString) { Database = "postgres" }.ConnectionString);
        await Run(elsewhere, $"alter database {Postgres.Name} allow_connections false");
        await Run(elsewhere, $"select pg_terminate_backend(pid) from pg_stat_activity where datname = '{Postgres.Name}'");

        for (var i = 0; i < 5; i++)
            await Should.ThrowAsync<EventStoreUnavailableException>(
                Start(store, $"away{i}").WaitAsync(Eventually.Patience));
        await Should.ThrowAsync<EventStoreUnavailableException>(store.FetchStreamAsync(Orders.Stream("before")));
        await Run(elsewhere, $"alter database {Postgres.Name} allow_connections true");

        await Start(store, "back");
        (await store.FetchStreamAsync(Orders.Stream("before"))).Count.ShouldBe(1);
        (await store.FetchStreamAsync(Orders.Stream("away0"))).ShouldBeEmpty();
    }

    [Fact]
    public async Task A_server_that_restarted_while_the_writer_rested_costs_nobody_an_error()
    {
        var clock = new LateClock();
        await using var store = await Postgres.OpenStore(clock: clock);
        await Start(store, "before");
        await Postgres.Execute($"select pg_terminate_backend(pid) {OtherBackends}");
        clock.Late = TimeSpan.FromMinutes(1);

        await Start(store, "after");

        (await store.FetchStreamAsync(Orders.Stream("after"))).Count.ShouldBe(1);
    }

    [Fact]
    public async Task More_sessions_than_the_queue_holds_are_refused_at_once()
    {
        await using var store = await Postgres.OpenStore(options =>
        {
            options.InlineProjections.Add(new Stalls());
            options.MaximumQueuedSessions = 4;
        });
        var stalled = Start(store, "stalled", "stall");
        await Eventually.Is(async () => await Postgres.Scalar<long>($"select count(*) {OtherBackends} and wait_event = 'PgSleep'") == 1);
        var queued = Enumerable.Range(0, 4).Select(i => Start(store, $"queued{i}")).ToList();

        await Should.ThrowAsync<EventStoreUnavailableException>(Start(store, "one too many"));

        await Postgres.Execute($"select pg_terminate_backend(pid) {OtherBackends} and wait_event = 'PgSleep'");
        await Should.ThrowAsync<EventStoreUnavailableException>(stalled);
        await Task.WhenAll(queued);
    }

    [Fact]
    public async Task A_session_given_up_while_it_waits_is_not_stored()
    {
        await using var store = await Postgres.OpenStore(options => options.InlineProjections.Add(new Stalls()));
        var stalled = Start(store, "stalled", "stall");
        await Eventually.Is(async () => await Postgres.Scalar<long>($"select count(*) {OtherBackends} and wait_event = 'PgSleep'") == 1);
        using var cancellation = new CancellationTokenSource();
        var session = store.OpenSession();
        session.StartStream(Orders.Stream("given-up"), new OrderPlaced("Ada"));
        var givenUp = session.SaveChangesAsync(cancellation.Token);

        await cancellation.CancelAsync();

        await Should.ThrowAsync<OperationCanceledException>(givenUp);
        await Postgres.Execute($"select pg_terminate_backend(pid) {OtherBackends} and wait_event = 'PgSleep'");
        await Should.ThrowAsync<EventStoreUnavailableException>(stalled);
        await Start(store, "after");
        (await store.FetchStreamAsync(Orders.Stream("given-up"))).ShouldBeEmpty();
    }

    static Task Start(EventStore store, string key, string customer = "Ada")
    {
        var session = store.OpenSession();
        session.StartStream(Orders.Stream(key), new OrderPlaced(customer));
        return session.SaveChangesAsync();
    }

    static async Task Run(Npgsql.NpgsqlDataSource dataSource, string sql)
    {
        await using var command = dataSource.CreateCommand(sql);
        await command.ExecuteNonQueryAsync();
    }

    sealed class LateClock : TimeProvider
    {
        public TimeSpan Late { get; set; }

        public override long GetTimestamp() => base.GetTimestamp() + (long)(Late.TotalSeconds * TimestampFrequency);
    }

    /// <summary>Holds a transaction open, so that a test can do something to it.</summary>
    sealed class Stalls : IInlineProjection
    {
        public string Name => "stalls";

        public string Schema => "";

        public IReadOnlyList<string> Tables => [];

        public void Project(RecordedEvent e, ProjectionBatch batch)
        {
            if (e.Data is OrderPlaced { Customer: "stall" }) batch.Add("select pg_sleep(4)");
        }
    }
}
