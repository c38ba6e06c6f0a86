using Npgsql;

namespace FleetPlatform.Events.Tests.Subscribing;

public sealed class SubscribingUnderConcurrencyTests(Database database) : IClassFixture<Database>
{
    [Fact]
    public async Task No_event_is_skipped_none_comes_twice_and_every_stream_keeps_its_order()
    {
        const int Writers = 16;
        await using var store = await database.Postgres.OpenStore();
        await using var other = await database.Postgres.OpenStore(); // another replica, with its own writer
        var recorder = new Recorder();
        await using var running = await Running.Start(store, recorder);
        using var enough = new CancellationTokenSource(TimeSpan.FromSeconds(4));

        var foreign = Enumerable.Range(0, 4).Select(i => Task.Run(() => CommitSlowly(i, enough.Token))).ToList();
        var appended = await Task.WhenAll(Enumerable.Range(0, Writers).Select(i => Task.Run(() => AppendUntil(i % 2 == 0 ? store : other, i, enough.Token))));
        var slow = await Task.WhenAll(foreign);

        var total = appended.Sum() + slow.Sum();
        slow.Sum().ShouldBeGreaterThan(20);
        await Eventually.Is(() => recorder.Count >= total);
        recorder.Seen.Select(e => e.Id).Distinct().Count().ShouldBe(total);
        recorder.Count.ShouldBe(total);
        foreach (var stream in recorder.Seen.GroupBy(e => e.StreamId))
            stream.Select(e => e.Version).ShouldBe(Enumerable.Range(1, stream.Count()).Select(v => (long)v));
        recorder.Seen.Zip(recorder.Seen.Skip(1)).Any(pair => pair.First.Sequence > pair.Second.Sequence)
            .ShouldBeTrue("transactions were meant to commit out of order here; otherwise this proves nothing");
    }

    static async Task<int> AppendUntil(EventStore store, int writer, CancellationToken enough)
    {
        var count = 0;
        while (!enough.IsCancellationRequested)
        {
            await store.WriteToAggregate<Order, OrderEvent>(Orders.Stream($"w{writer}-{count % 7}"), _ => new LineAdded("bolt", count), null, CancellationToken.None);
            count++;
        }

        return count;
    }

    // Another program's transactions: they draw their numbers early and commit late.
    async Task<int> CommitSlowly(int writer, CancellationToken enough)
    {
        var count = 0;
        while (!enough.IsCancellationRequested)
        {
            await using var connection = await database.Postgres.DataSource.OpenConnectionAsync(CancellationToken.None);
            await using var transaction = await connection.BeginTransactionAsync(CancellationToken.None);
            await using var append = new NpgsqlCommand($$"""
                with s as (insert into mt_streams (id, version) values ('order-slow{{writer}}-{{count}}', 1))
                insert into mt_events (seq_id, id, stream_id, version, data, type)
                values (nextval('mt_events_sequence'), gen_random_uuid(), 'order-slow{{writer}}-{{count}}', 1, '{}', 'order.closed.v1')
                """, connection);
            await append.ExecuteNonQueryAsync(CancellationToken.None);
            await using var linger = new NpgsqlCommand($"select pg_sleep({(count % 4 + 1) * 0.01})", connection);
            await linger.ExecuteNonQueryAsync(CancellationToken.None);
            await transaction.CommitAsync(CancellationToken.None);
            count++;
        }

        return count;
    }
}
