using FsCheck;
using FsCheck.Fluent;

namespace FleetPlatform.Events.Tests.Appending;

public sealed class InterleavingTests(Database database) : IClassFixture<Database>
{
    const int Streams = 4;

    /// <summary>A session as the generator draws it: which streams, and how far off its idea of each version is.</summary>
    public sealed record Draft((int Stream, int Off, int Events)[] Writes);

    [Fact]
    public async Task Whatever_the_interleaving_versions_have_no_gap_and_every_success_is_stored_once()
    {
        await using var one = await database.Postgres.OpenStore(options => options.MaximumBatchSessions = 8);
        await using var two = await database.Postgres.OpenStore(options => options.Writers = 2);
        var write = from stream in Gen.Choose(0, Streams - 1)
                    from off in Gen.Frequency((6, Gen.Constant(0)), (1, Gen.Constant(1)), (1, Gen.Constant(-1)))
                    from events in Gen.Choose(1, 3)
                    select (stream, off, events);
        var draft = from count in Gen.Choose(1, 3)
                    from writes in write.ArrayOf(count)
                    select new Draft([.. writes.DistinctBy(w => w.stream)]);
        var run = 0;

        Prop.ForAll(draft.ArrayOf(24).ToArbitrary(), drafts => Holds([one, two], $"run{++run}", drafts).GetAwaiter().GetResult())
            .Check(Config.QuickThrowOnFailure.WithMaxTest(30));
    }

    async Task<bool> Holds(EventStore[] stores, string run, Draft[] drafts)
    {
        var stored = await Task.WhenAll(drafts.Select((draft, i) => Task.Run(() => TrySave(stores[i % stores.Length], run, draft))));

        var expected = stored.Sum();
        var events = await database.Postgres.Scalar<long>($"select count(*) from mt_events where stream_id like 'order-{run}.%'");
        var wrong = await database.Postgres.Scalar<long>($"""
            select count(*) from mt_streams s where id like 'order-{run}.%' and (
                version <> (select count(*) from mt_events e where e.stream_id = s.id)
                or version <> (select max(version) from mt_events e where e.stream_id = s.id))
            """);
        return events == expected && wrong == 0;
    }

    static async Task<int> TrySave(EventStore store, string run, Draft draft)
    {
        var session = store.OpenSession();
        var ids = draft.Writes.Select(write => Orders.Stream($"{run}.{write.Stream}")).ToArray();
        var fetched = await store.FetchAsync<Order, OrderEvent>(ids);
        for (var i = 0; i < ids.Length; i++)
        {
            var (_, off, events) = draft.Writes[i];
            session.Append(ids[i], Math.Max(0, fetched[i].Version + off), [.. Enumerable.Range(0, events).Select(n => new LineAdded("bolt", n))]);
        }

        try
        {
            await session.SaveChangesAsync();
            return draft.Writes.Sum(write => write.Events);
        }
        catch (ConcurrencyException)
        {
            return 0;
        }
    }
}
