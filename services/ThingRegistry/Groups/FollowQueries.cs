using System.Text.Json;
using FleetPlatform.ThingRegistry.Things;

namespace FleetPlatform.ThingRegistry.Groups;

/// <summary>
/// Keeps things in the dynamic groups whose queries they match: when a thing changes, and when a group does. Joining and leaving are facts of the thing as for any group,
/// so policies, listings and tables of the fleet follow as they do for those. Whatever it finds it brings to what holds now, so that repeating is harmless.
/// </summary>
sealed class FollowQueries(Registry registry) : ISubscription
{
    const int ThingsAtOnce = 64;
    const int Page = 1000;

    const string Select = """
        select t.name, t.type_name, t.attributes, array(select m.group_name from fleet_memberships m where m.thing_name = t.name)
        from fleet_things t where t.name > $1 order by t.name limit $2
        """;

    public string Name => "thing-registry.dynamic-groups";

    public IReadOnlyCollection<Type> IncludedEventTypes => [typeof(ThingRegistered), typeof(ThingUpdated), typeof(GroupJoined), typeof(GroupLeft), typeof(ThingGroupEvent)];

    /// <summary>What a thing joins and leaves.</summary>
    /// <param name="queries">Of every dynamic group.</param>
    /// <param name="gone">A group that is no more, into which it may have been put; null: none.</param>
    public static Decision<ThingEvent> Decide(string name, Thing thing, IReadOnlyDictionary<string, ThingQuery> queries, DateTimeOffset now, string? gone = null)
    {
        if (!thing.Exists) return Decision<ThingEvent>.Nothing;
        var facts = new ThingFacts(name, thing.TypeName, thing.Attributes, thing.Groups);
        var wanted = queries.Where(group => group.Value.Matches(facts)).Select(group => group.Key).Order(StringComparer.Ordinal).ToArray();
        return Decision<ThingEvent>.Of(
        [
            .. thing.Groups.Where(group => group == gone).Select(left => new GroupLeft(left, now)),
            .. thing.DynamicGroups.Except(wanted, StringComparer.Ordinal).Select(left => new GroupLeft(left, now)),
            .. wanted.Except(thing.DynamicGroups, StringComparer.Ordinal).Select(joined => new GroupJoined(joined, now, Dynamic: true)),
        ]);
    }

    public async Task Handle(IReadOnlyList<RecordedEvent> batch, CancellationToken cancellation)
    {
        var (groups, things, deleted) = (new HashSet<string>(StringComparer.Ordinal), new HashSet<string>(StringComparer.Ordinal), new HashSet<string>(StringComparer.Ordinal));
        foreach (var recorded in batch.Where(recorded => recorded.StreamId.Category == "group"))
            if (recorded.Data is ThingGroupDeleted) deleted.Add(recorded.StreamId.Key);
            else if (recorded.Data is ThingGroupCreated { Query: not null } or ThingGroupUpdated { Query: not null }) groups.Add(recorded.StreamId.Key);
        if (groups.Count + deleted.Count == 0 && !batch.Any(recorded => recorded.StreamId.Category == "thing")) return;
        var queries = await DynamicGroups.Load(registry.Database, cancellation);
        if (queries.Count > 0)
        {
            foreach (var recorded in batch)
                if (recorded.StreamId.Category == "thing" && recorded.Data is ThingRegistered or ThingUpdated or GroupJoined { Dynamic: not true } or GroupLeft) things.Add(recorded.StreamId.Key);
            await Settle(things, queries, cancellation);
        }

        foreach (var group in groups) await SettleGroup(group, queries, cancellation);
        if (deleted.Count == 0) return;
        var again = await GroupsTable.Paths(registry.Database, [.. deleted], cancellation); // there is one of its name by now
        foreach (var group in deleted.Where(group => !again.ContainsKey(group))) await Empty(group, queries, cancellation);
    }

    async Task Empty(string group, IReadOnlyDictionary<string, ThingQuery> queries, CancellationToken cancellation)
    {
        for (string? after = null; ;)
        {
            var members = await Listing.Names(registry.Database, new() { After = after, Limit = Page },
                new("select thing_name from fleet_memberships where group_name = $1", "thing_name", Listing.Text(group)), cancellation);
            await Settle(members.Items, queries, cancellation, gone: group);
            after = members.Next;
            if (after is null) return;
        }
    }

    async Task Settle(IEnumerable<string> things, IReadOnlyDictionary<string, ThingQuery> queries, CancellationToken cancellation, string? gone = null)
    {
        foreach (var names in things.Chunk(ThingsAtOnce))
        {
            await registry.Transact(new() { Actor = "dynamic-groups" }, async session =>
            {
                var streams = await session.FetchManyForWriting<Thing, ThingEvent>([.. names.Select(Registry.ThingStream)], cancellation);
                foreach (var (name, stream) in names.Zip(streams))
                    if (Decide(name, stream.Aggregate, queries, registry.Now, gone).Events is { Count: > 0 } events) stream.Append([.. events]);
                return 0;
            }, cancellation);
        }
    }

    // Only things that are on the wrong side of the query are read whole.
    async Task SettleGroup(string group, IReadOnlyDictionary<string, ThingQuery> queries, CancellationToken cancellation)
    {
        var query = queries.GetValueOrDefault(group);
        for (var (after, more) = ("", true); more;)
        {
            var wrong = new List<string>();
            var rows = await ReadPage(after, cancellation);
            (after, more) = (rows.Count > 0 ? rows[^1].Facts.Name : "", rows.Count == Page);
            foreach (var (facts, groups) in rows)
            {
                var member = groups.Contains(group);
                if (member != (query?.Matches(facts with { Groups = [.. groups.Where(name => name != group && !queries.ContainsKey(name))] }) ?? false)) wrong.Add(facts.Name);
            }

            await Settle(wrong, queries, cancellation);
        }
    }

    async Task<List<(ThingFacts Facts, string[] Groups)>> ReadPage(string after, CancellationToken cancellation)
    {
        await using var command = registry.Database.CreateCommand(Select);
        command.Parameters.Add(Listing.Text(after));
        command.Parameters.Add(new() { Value = Page });
        var rows = new List<(ThingFacts Facts, string[] Groups)>();
        await using var reader = await command.ExecuteReaderAsync(cancellation);
        while (await reader.ReadAsync(cancellation))
        {
            var attributes = JsonSerializer.Deserialize<Dictionary<string, string>>(reader.GetString(2))!;
            rows.Add((new(reader.GetString(0), reader.IsDBNull(1) ? null : reader.GetString(1), attributes, []), reader.GetFieldValue<string[]>(3)));
        }

        return rows;
    }
}
