using Command = FleetPlatform.Contracts.ThingRegistry.TagResource;

namespace FleetPlatform.ThingRegistry.Tags;

public sealed class TagTests(RegistryFixture fixture) : IClassFixture<RegistryFixture>
{
    static readonly ThingRegistryOptions Options = new() { TagsPerResource = 3 };
    static readonly TaggedResource Group = new() { Name = "thinggroup/berlin", CreatedAt = A.Noon };

    static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    [Fact]
    public void Tagging_again_overwrites_and_the_same_tags_change_nothing()
    {
        var tags = Tagged(ResourceTags.Initial, Put(Group, ("owner", "ada"), ("line", "7")));
        Decide(tags, Put(Group, ("line", "7"))).Events.ShouldBeEmpty();

        tags = Tagged(tags, Put(Group, ("line", "8")));
        tags.Of(A.Noon).ShouldBe([new("line", "8"), new("owner", "ada")]);
    }

    [Fact]
    public void Untagging_takes_what_is_there_and_passes_over_the_rest()
    {
        var tags = Tagged(ResourceTags.Initial, Put(Group, ("owner", "ada"), ("line", "7")));

        tags = tags.Fold(UntagResource.Decide(Take(Group, "line", "line", "nothing"), tags, A.Noon).Events);
        tags.Of(A.Noon).ShouldBe([new("owner", "ada")]);
        UntagResource.Decide(Take(Group, "line"), tags, A.Noon).Events.ShouldBeEmpty();
    }

    [Fact]
    public void What_is_created_again_under_a_name_has_no_tags_of_the_one_before()
    {
        var second = Group with { CreatedAt = A.Noon.AddTicks(1) };
        var tags = Tagged(ResourceTags.Initial, Put(Group, ("owner", "ada")));
        tags.Of(second.CreatedAt).ShouldBeEmpty();

        tags = Tagged(tags, Put(second, ("line", "7")));
        tags.Of(second.CreatedAt).ShouldBe([new("line", "7")]);
        Decide(tags, Put(Group, ("owner", "ada"))).Refusal!.Code.ShouldBe("not-found");
        UntagResource.Decide(Take(Group, "owner"), tags, A.Noon).Refusal!.Code.ShouldBe("not-found");
    }

    [Fact]
    public void A_resource_has_so_many_tags_and_overwriting_one_needs_no_room()
    {
        var full = Tagged(ResourceTags.Initial, Put(Group, ("a", "1"), ("b", "1"), ("c", "1")));

        Decide(full, Put(Group, ("c", "2"))).Refusal.ShouldBeNull();
        var refusal = Decide(full, Put(Group, ("c", "2"), ("d", "1"))).Refusal!;
        (refusal.Code, refusal.Detail).ShouldBe(("limit-exceeded", "A resource has at most 3 tags (ThingRegistry:TagsPerResource); it would have 4."));
        ExamineTags.Decide(new() { Tags = Put(Group, ("a", ""), ("b", ""), ("c", ""), ("d", "")).Tags }, Options)!.Code.ShouldBe("limit-exceeded");
    }

    [Theory]
    [InlineData("", "v", "1 to 128 characters")]
    [InlineData("a*", "v", "1 to 128 characters")]
    [InlineData("a\n", "v", "1 to 128 characters")]
    [InlineData("aws:owner", "v", "reserved")]
    [InlineData("AWS:owner", "v", "reserved")]
    [InlineData("owner", "<v>", "The value of tag owner")]
    public void A_tag_is_made_of_the_characters_that_AWS_allows(string key, string value, string reason)
    {
        var refusal = Decide(ResourceTags.Initial, Put(Group, (key, value))).Refusal!;

        refusal.Code.ShouldBe("invalid-request");
        refusal.Detail.ShouldContain(reason);
    }

    [Fact]
    public void Lengths_count_characters_of_Unicode_and_end_where_AWS_says()
    {
        var letter = char.ConvertFromUtf32(0x20000); // one character, two of UTF-16

        Refuse(string.Concat(Enumerable.Repeat(letter, 128)), new('v', 256)).ShouldBeNull();
        Refuse("Größe 5/ab_c.d:e=f+g-h@i", "").ShouldBeNull();
        Refuse(new('k', 129), "v").ShouldNotBeNull();
        Refuse("k", new('v', 257)).ShouldNotBeNull();
        TagRules.Refuse([new() { Key = "k", Value = "1" }, new() { Key = "k", Value = "2" }])!.Detail.ShouldContain("twice");

        static Refusal? Refuse(string key, string value) => TagRules.Refuse([new() { Key = key, Value = value }]);
    }

    [Fact]
    public async Task Tags_are_recorded_on_a_stream_of_their_own_and_listed_in_order()
    {
        var resource = new TaggedResource { Name = $"policy/{A.Name("p")}", CreatedAt = A.Noon };
        await TagResource.Handle(Put(resource, ("b", "2"), ("a", "1")), fixture.Registry, Options, Cancellation);
        await UntagResource.Handle(Take(resource, "b"), fixture.Registry, Cancellation);
        await TagResource.Handle(Put(resource, ("ä", "3")), fixture.Registry, Options, Cancellation);

        (await ListTags.Handle(new() { Resource = resource }, fixture.Registry, Cancellation)).Items.Select(tag => (tag.Key, tag.Value)).ShouldBe([("a", "1"), ("ä", "3")]);
        (await ListTags.Handle(new() { Resource = resource with { CreatedAt = A.Noon.AddDays(1) } }, fixture.Registry, Cancellation)).Items.ShouldBeEmpty();
        (await fixture.Recorded(Registry.TagStream(resource))).ShouldBe(["tags.added.v1", "tags.removed.v1", "tags.added.v1"]);
    }

    static Decision<TagEvent> Decide(ResourceTags tags, Command command) => TagResource.Decide(command, tags, Options, A.Noon);

    static ResourceTags Tagged(ResourceTags tags, Command command) => tags.Fold(Decide(tags, command).Events);

    static Command Put(TaggedResource resource, params (string Key, string Value)[] tags) =>
        new() { Resource = resource, Tags = [.. tags.Select(tag => new Tag { Key = tag.Key, Value = tag.Value })], RequestedBy = "test" };

    static Contracts.ThingRegistry.UntagResource Take(TaggedResource resource, params string[] keys) => new() { Resource = resource, Keys = keys, RequestedBy = "test" };
}
