namespace FleetPlatform.Events.Tests.Appending;

public sealed class FetchingTests(Database database) : IClassFixture<Database>
{
    [Fact]
    public async Task Streams_asked_for_together_each_reach_their_own_asker()
    {
        await using var store = await database.Postgres.OpenStore();
        var run = Guid.CreateVersion7();
        await Task.WhenAll(Enumerable.Range(0, 300).Select(i =>
            store.WriteToAggregate<Order, OrderEvent>(Orders.Stream($"{run}-{i}"), _ => new LineAdded("bolt", i))));

        var orders = await Task.WhenAll(Enumerable.Range(0, 300).Select(i =>
            store.AggregateStreamAsync<Order, OrderEvent>(Orders.Stream($"{run}-{i}"))));

        orders.Select(order => order.Quantity).ShouldBe(Enumerable.Range(0, 300));
    }

    [Fact]
    public async Task What_was_committed_before_the_question_is_in_the_answer()
    {
        await using var store = await database.Postgres.OpenStore();

        await Task.WhenAll(Enumerable.Range(0, 16).Select(async i =>
        {
            var id = Orders.Stream(Guid.CreateVersion7());
            for (var version = 1; version <= 30; version++)
            {
                await store.WriteToAggregate<Order, OrderEvent>(id, _ => new LineAdded("bolt", i));
                (await store.AggregateStreamAsync<Order, OrderEvent>(id)).Lines.ShouldBe(version);
            }
        }));
    }

    [Fact]
    public async Task Who_stops_waiting_spoils_nobody_elses_answer()
    {
        await using var store = await database.Postgres.OpenStore();
        var id = Orders.Stream(Guid.CreateVersion7());
        await store.WriteToAggregate<Order, OrderEvent>(id, _ => new OrderPlaced("Ada"));

        var answers = Enumerable.Range(0, 200).Select(async i =>
        {
            using var cancellation = new CancellationTokenSource();
            var asked = store.AggregateStreamAsync<Order, OrderEvent>(id, cancellation.Token);
            if (i % 2 == 0) await cancellation.CancelAsync();
            try
            {
                return (await asked).Customer;
            }
            catch (OperationCanceledException) when (i % 2 == 0)
            {
                return "left";
            }
        });

        (await Task.WhenAll(answers)).Where((_, i) => i % 2 == 1).ShouldAllBe(customer => customer == "Ada");
    }

    [Fact]
    public async Task A_stream_is_read_in_pages()
    {
        await using var store = await database.Postgres.OpenStore();
        var id = Orders.Stream(Guid.CreateVersion7());
        var session = store.OpenSession();
        session.StartStream(id, [.. Enumerable.Range(1, 7).Select(i => new LineAdded("bolt", i))]);
        await session.SaveChangesAsync();

        (await store.FetchStreamAsync(id, fromVersion: 3, limit: 2)).Select(e => e.Version).ShouldBe([3, 4]);
        (await store.FetchStreamAsync(id, fromVersion: 8)).ShouldBeEmpty();
        await Should.ThrowAsync<ArgumentOutOfRangeException>(() => store.FetchStreamAsync(id, limit: 0));
    }
}
