namespace FleetPlatform.Events.Tests.Storing;

public sealed class EventTypesTests
{
    [Fact]
    public void A_name_and_a_type_are_mapped_once()
    {
        var types = Orders.Types();

        Should.Throw<ArgumentException>(() => types.Map<Unmapped>("order.placed.v1")).Message.ShouldContain("OrderPlaced");
        Should.Throw<ArgumentException>(() => types.Map<OrderPlaced>("order.placed.v2")).Message.ShouldContain("order.placed.v1");
        Should.Throw<ArgumentException>(() => types.Map<OrderEvent>("order.v1")).Message.ShouldContain("abstract");
        types.All.Count.ShouldBe(3);
    }

    [Fact]
    public void A_type_without_a_name_cannot_be_recorded_and_a_name_without_a_type_cannot_be_read()
    {
        Should.Throw<ArgumentException>(() => Orders.Types().NameOf(typeof(Unmapped)));
        Should.Throw<UnknownEventTypeException>(() => Orders.Types().Read("order.lost.v1", "{}")).TypeName.ShouldBe("order.lost.v1");
        Should.Throw<EventDataException>(() => Orders.Types().Read("order.line-added.v1", """{"quantity":"many"}"""));
    }

    [Fact]
    public void Old_events_are_read_in_the_newest_shape()
    {
        var types = Orders.Types()
            .Upcast("order.line.v1", "order.line.v2", body =>
            {
                body["product"] = body["sku"]?.DeepClone();
                body.Remove("sku");
                return body;
            })
            .Upcast("order.line.v2", "order.line-added.v1", body => new() { ["product"] = body["product"]?.DeepClone(), ["quantity"] = 1 });

        types.Read("order.line.v1", """{"sku":"bolt"}""").ShouldBe(new LineAdded("bolt", 1));
        types.Read("order.line.v2", """{"product":"nut"}""").ShouldBe(new LineAdded("nut", 1));
    }

    [Fact]
    public void An_upcaster_takes_a_name_of_its_own_and_never_runs_in_a_circle()
    {
        var types = Orders.Types().Upcast("a", "b", body => body);

        Should.Throw<ArgumentException>(() => types.Upcast("b", "a", body => body));
        Should.Throw<ArgumentException>(() => types.Upcast("a", "order.placed.v1", body => body));
        Should.Throw<ArgumentException>(() => types.Upcast("order.placed.v1", "b", body => body));
        Should.Throw<ArgumentException>(() => types.Map<Unmapped>("a"));
    }

    [Fact]
    public void Events_are_written_in_the_pinned_form()
    {
        EventJson.Write(new Unmapped("Grüße <&> 'x'", DayOfWeek.Friday, null, new(2026, 11, 22, 1, 2, 3, TimeSpan.Zero), [1, 2]))
            .ShouldBe("""{"someText":"Grüße <&> 'x'","day":"Friday","missing":null,"at":"2026-11-22T01:02:03+00:00","bytes":"AQI="}""");
    }

    [Theory]
    [InlineData("thing", "SN-0042", "thing-SN-0042")]
    [InlineData("group", "größe 1", "group-größe 1")]
    public void A_stream_is_named_by_category_and_key(string category, string key, string expected)
    {
        var id = StreamId.Of(category, key);

        id.Value.ShouldBe(expected);
        (id.Category, id.Key).ShouldBe((category, key));
        StreamId.TryParse(expected, out var parsed).ShouldBeTrue();
        parsed.ShouldBe(id);
    }

    [Theory]
    [InlineData("Thing", "a")]
    [InlineData("thing-x", "a")]
    [InlineData("", "a")]
    [InlineData("thing", "")]
    [InlineData("thing", "a\0b")]
    [InlineData("thing", "a\u0085b")]
    public void What_is_no_stream_name_is_refused(string category, string key)
    {
        Should.Throw<ArgumentException>(() => StreamId.Of(category, key));
        StreamId.TryParse($"{category}-{key}", out _).ShouldBe(category == "thing-x"); // "thing-x-a" reads as thing, x-a
    }

    [Fact]
    public void A_key_is_bounded_and_whole_text()
    {
        StreamId.Of("thing", new('x', 200)).Key.Length.ShouldBe(200);
        Should.Throw<ArgumentException>(() => StreamId.Of("thing", new('x', 201)));
        Should.Throw<ArgumentException>(() => StreamId.Of("thing", "\ud800"));
        Should.Throw<InvalidOperationException>(() => default(StreamId).Value);
    }

    sealed record Unmapped(string SomeText, DayOfWeek Day, string? Missing, DateTimeOffset At, byte[] Bytes);
}
