using FsCheck;
using FsCheck.Fluent;

namespace FleetPlatform.Mqtt.Tests;

public class TopicTreeTests
{
    static readonly Gen<string> Level = Gen.Elements("", "a", "b", "cc", "$x", "ü");
    static readonly Gen<string> Topic = Gen.Choose(1, 5).SelectMany(depth => Gen.ArrayOf(Level, depth)).Select(levels => string.Join('/', levels)).Where(topic => topic.Length > 0);
    static readonly Gen<string> Filter =
        from levels in Gen.Choose(1, 5).SelectMany(depth => Gen.ArrayOf(Gen.Frequency((3, Level), (1, Gen.Constant("+"))), depth))
        from hash in Gen.Elements("", "/#", "#")
        select hash == "#" ? "#" : string.Join('/', levels) + hash;

    [Fact]
    public void The_tree_matches_what_the_rules_match() =>
        Prop.ForAll(Arb.From(Gen.ListOf(Filter.Where(filter => filter.Length > 0))), Arb.From(Gen.ListOf(Topic)), Arb.From(Gen.Elements(true, false)), (filters, topics, parent) =>
        {
            var tree = new TopicTree<string>(parent);
            var all = filters.Select(filter => new string(filter)).ToArray();
            foreach (var filter in all) tree.Add(filter, filter);
            var gone = all.Where((_, i) => i % 3 == 0).ToHashSet(ReferenceEqualityComparer.Instance);
            foreach (var filter in all.Where(gone.Contains)) tree.Remove(filter, filter);

            return topics.All(topic =>
            {
                var found = new List<string>();
                tree.Match(topic, found);
                var expected = all.Where(filter => !gone.Contains(filter) && TopicFilter.Matches(filter, topic, parent)).Order();
                return found.Order().SequenceEqual(expected);
            }) && Emptied(tree, all, gone);
        }).QuickCheckThrowOnFailure();

    static bool Emptied(TopicTree<string> tree, string[] all, HashSet<object?> gone)
    {
        foreach (var filter in all.Where(each => !gone.Contains(each))) tree.Remove(filter, filter);
        return tree.IsEmpty;
    }

    [Fact]
    public void Retained_messages_match_what_the_rules_match() =>
        Prop.ForAll(Arb.From(Gen.ListOf(Topic)), Arb.From(Gen.ListOf(Filter.Where(filter => filter.Length > 0))), Arb.From(Gen.Elements(true, false)), (topics, filters, parent) =>
        {
            var retained = new RetainedMessages(1000, long.MaxValue);
            var distinct = topics.Distinct().ToArray();
            foreach (var topic in distinct) retained.Keep(new Publish { Topic = topic, Payload = new byte[1] });
            if (retained.Count != distinct.Length) return false;
            var same = filters.All(filter =>
            {
                var found = new List<Publish>();
                retained.Match(filter, parent, DateTimeOffset.UnixEpoch, found);
                return found.Select(message => message.Topic).Order().SequenceEqual(distinct.Where(topic => TopicFilter.Matches(filter, topic, parent)).Order());
            });
            foreach (var topic in distinct) retained.Keep(new Publish { Topic = topic });
            return same && retained.Count == 0;
        }).QuickCheckThrowOnFailure();

    [Theory]
    [InlineData("sport/tennis/#", "sport/tennis/player1/ranking", true)] // §4.7.1.2
    [InlineData("sport/#", "sport", true)]
    [InlineData("#", "a/b", true)]
    [InlineData("#", "$aws/x", false)]                                    // [MQTT-4.7.2-1]
    [InlineData("+/x", "$aws/x", false)]
    [InlineData("$aws/#", "$aws/x", true)]
    [InlineData("a/+", "a/", true)]                                       // §4.7.1.3
    [InlineData("+", "/a", false)]
    [InlineData("+/+", "/a", true)]
    [InlineData("A", "a", false)]                                         // [MQTT-4.7.3-4]
    [InlineData("a", "a/", false)]
    [InlineData("a/#", "ab", false)]
    public void A_filter_matches_as_the_standard_says(string filter, string topic, bool matches) => TopicFilter.Matches(filter, topic).ShouldBe(matches);

    [Fact]
    public void Hash_can_be_told_not_to_match_the_parent() => TopicFilter.Matches("sensor/#", "sensor", hashMatchesParent: false).ShouldBeFalse();

    [Theory]
    [InlineData("a/#/b")]
    [InlineData("a#")]
    [InlineData("#a")]
    [InlineData("a+/b")]
    [InlineData("")]
    [InlineData("a\u0001b")]
    [InlineData("a/b/c/d/e/f/g/h/i")]
    public void A_filter_that_breaks_a_rule_is_not_valid(string filter) => TopicFilter.IsValid(filter, 256, 7).ShouldBeFalse(); // [MQTT-4.7.1-1]

    [Fact]
    public void Changes_and_matches_may_run_together()
    {
        var tree = new TopicTree<string>(true);
        tree.Add("a/+", "stays");
        Parallel.For(0, 4, worker =>
        {
            var found = new List<string>();
            for (var i = 0; i < 20_000; i++)
            {
                var mine = $"a/{worker}";
                if (worker % 2 == 0)
                {
                    tree.Add(mine, mine);
                    tree.Remove(mine, mine);
                    continue;
                }

                found.Clear();
                tree.Match("a/0", found);
                found.ShouldContain("stays");
            }
        });
        tree.Remove("a/+", "stays");
        tree.IsEmpty.ShouldBeTrue();
    }
}
