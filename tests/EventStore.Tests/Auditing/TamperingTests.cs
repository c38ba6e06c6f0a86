using FsCheck;
using FsCheck.Fluent;

namespace FleetPlatform.Events.Tests.Auditing;

/// <summary>Whatever is done to sealed events behind the platform's back, the verifier names it.</summary>
public sealed class TamperingTests(SealedOrders orders) : IClassFixture<SealedOrders>
{
    // One bit of each column, or as near to one as its type allows. {0} is a number from 0.
    static readonly (string Column, string Changed)[] Bits =
    [
        ("seq_id", "seq_id # (1::bigint << (20 + {0} % 40))"),
        ("version", "version # (1::bigint << (10 + {0} % 50))"),
        ("id", "overlay(id::text placing (case substr(id::text, 1 + {0} % 8, 1) when '0' then '1' else '0' end) from 1 + {0} % 8 for 1)::uuid"),
        ("timestamp", "timestamp + (1 << {0} % 30) * interval '1 microsecond'"),
        ("data", "replace(data::text, 'o', 'p')::jsonb"),
        ("data", "data || '{{\"more\": null}}'"),
        ("headers", "replace(headers::text, 'trace-', 'urace-')::jsonb"),
        ("headers", "null"),
        ("bdata", "''"),
        ("is_archived", "not is_archived"),
        ("is_archived", "null"),
        .. new[] { "stream_id", "type", "tenant_id", "mt_dotnet_type", "correlation_id", "causation_id", "user_name" }.Select(column =>
            (column, $"overlay({column} placing chr(ascii(substr({column}, 1 + {{0}} % length({column}), 1)) # 64) from 1 + {{0}} % length({column}) for 1)")),
    ];

    [Fact]
    public async Task What_was_not_touched_verifies()
    {
        (await orders.Findings()).ShouldBeEmpty();
        (await orders.Verifier.Verify(ChainHead.Origin)).Events.ShouldBe(SealedOrders.Events);
    }

    [Fact]
    public Task Any_bit_of_any_event_is_found_and_the_event_is_named() => ForSome(Bits.Length * 4, async (kind, place, bit) =>
    {
        var (column, changed) = Bits[kind % Bits.Length];
        var (sequence, stream, version) = await orders.Event(place);
        await orders.Execute($"update mt_events set {column} = {string.Format(System.Globalization.CultureInfo.InvariantCulture, changed, bit)} where seq_id = {sequence}");

        var found = (await orders.Findings()).ShouldHaveSingleItem($"{column} of {place}");
        found.Fault.ShouldBe(column == "seq_id" ? ChainFault.EventMissing : ChainFault.EventChanged);
        (found.Sequence, found.StreamId, found.Version).ShouldBe((sequence, stream, version));
    });

    [Fact]
    public Task A_dropped_event_is_named() => ForSome(8, async (_, place, _) =>
    {
        var (sequence, stream, version) = await orders.Event(place);
        await orders.Execute($"delete from mt_events where seq_id = {sequence}");

        (await orders.Findings()).ShouldHaveSingleItem().ShouldBe(new(ChainFault.EventMissing, 1 + place / SealedOrders.EventsPerSeal, sequence, stream, version));
    });

    [Fact]
    public Task Two_events_that_changed_places_are_both_named() => ForSome(8, async (kind, place, _) =>
    {
        var (one, other) = (await orders.Event(place), await orders.Event((place + 1 + kind) % SealedOrders.Events));
        await orders.Execute($"""
            update mt_events set seq_id = -1 where seq_id = {one.Sequence};
            update mt_events set seq_id = {one.Sequence} where seq_id = {other.Sequence};
            update mt_events set seq_id = {other.Sequence} where seq_id = -1
            """);

        var found = await orders.Findings();
        found.ShouldAllBe(finding => finding.Fault == ChainFault.EventChanged);
        found.Select(finding => finding.Sequence).ShouldBe([one.Sequence, other.Sequence], ignoreOrder: true);
    });

    [Fact]
    public Task An_event_inserted_among_sealed_ones_is_named() => ForSome(4, async (kind, _, _) =>
    {
        var gap = kind % 2 == 0 ? "0" : "(select min(g) from generate_series(1, 60) g where not exists (select 1 from mt_events where seq_id = g))";
        await orders.Execute($"""
            insert into mt_events (seq_id, id, stream_id, version, data, type) select {gap}, gen_random_uuid(), 'order-forged', 1, data, type from mt_events limit 1
            """);

        var found = (await orders.Findings()).ShouldHaveSingleItem();
        (found.Fault, found.StreamId, found.Version).ShouldBe((ChainFault.EventAdded, "order-forged", 1));
    });

    [Theory]
    [InlineData("after_sequence = after_sequence + 1")]
    [InlineData("last_sequence = last_sequence - 1")]
    [InlineData("content = set_byte(content, 30, get_byte(content, 30) # 1)")]
    [InlineData("content = substr(content, 1, 100)")]
    [InlineData("sealed = sealed + interval '1 microsecond'")]
    [InlineData("hash = set_byte(hash, 31, get_byte(hash, 31) # 128)")]
    public async Task A_changed_seal_is_named(string change)
    {
        await orders.Execute($"update fleet_seals set {change} where number = 3");

        (await orders.Findings())[0].ShouldBe(new(ChainFault.SealChanged, 3, await orders.Scalar<long>("select last_sequence from fleet_seals where number = 3")));
        await orders.Restore();
    }

    [Theory]
    [InlineData(1)]
    [InlineData(4)]
    public async Task A_removed_seal_is_named(int number)
    {
        await orders.Execute($"delete from fleet_seals where number = {number}");

        (await orders.Findings()).ShouldBe([new(ChainFault.SealMissing, number, 0)]);
        await orders.Restore();
    }

    [Fact]
    public async Task A_chain_written_anew_is_consistent_and_no_longer_runs_through_a_head_kept_elsewhere()
    {
        var kept = (await orders.Verifier.FindState()).Head;
        (await orders.Verifier.Verify(ChainHead.Origin, kept.Seal)).End.ShouldBe(kept);
        (await orders.Verifier.Follow(ChainHead.Origin)).ShouldBe(kept);
        (await orders.Verifier.Follow(kept with { Sequence = 0 })).ShouldBe(kept);

        await orders.Execute("update mt_events set user_name = 'somebody else' where seq_id = (select min(seq_id) from mt_events); truncate fleet_seals");
        await using (await Sealing.Start(orders.Store, new() { MaximumEvents = SealedOrders.EventsPerSeal, Linger = TimeSpan.FromMilliseconds(5) }))
            await Eventually.Is(async () => (await orders.Verifier.FindState()).UnsealedEvents == 0);

        (await orders.Findings()).ShouldBeEmpty();
        (await orders.Verifier.Verify(ChainHead.Origin, kept.Seal)).End.Hash.ShouldNotBe(kept.Hash);
        (await orders.Verifier.Follow(kept)).ShouldBeNull();
        await orders.Restore();
    }

    /// <summary>Whoever looks only from the head that he kept on finds what was done behind it; and that it was cut off before.</summary>
    [Theory]
    [InlineData("update fleet_seals set content = set_byte(content, 30, get_byte(content, 30) # 1) where number = 3")]
    [InlineData("delete from fleet_seals where number = 3")]
    [InlineData("delete from fleet_seals where number >= 2")]
    [InlineData("update fleet_seals set hash = set_byte(hash, 31, get_byte(hash, 31) # 128) where number = 2")]
    public async Task A_chain_that_does_not_go_on_from_a_head_is_not_followed(string change)
    {
        var kept = (await orders.Verifier.Verify(ChainHead.Origin, untilSeal: 2)).End;
        (await orders.Verifier.Follow(kept)).ShouldNotBeNull();

        await orders.Execute(change);

        (await orders.Verifier.Follow(kept)).ShouldBeNull();
        await orders.Restore();
    }

    // Samples of FsCheck, one after the other: they share a database.
    async Task ForSome(int samples, Func<int, int, int, Task> check)
    {
        var kind = 0;
        foreach (var (place, bit) in Gen.Choose(0, SealedOrders.Events - 1).Zip(Gen.Choose(0, 63)).Sample(samples))
        {
            try
            {
                await check(kind++, place, bit);
            }
            finally
            {
                await orders.Restore();
            }
        }
    }
}
