namespace FleetPlatform.ThingRegistry.Groups;

/// <summary>The read table of thing groups, and the policies attached to them.</summary>
sealed class GroupsTable : IInlineProjection
{
    public string Name => "thing-groups";

    public int Version => 2;

    public IReadOnlyList<string> Tables { get; } = ["fleet_groups", "fleet_group_policies"];

    public string Schema => """
        create table if not exists fleet_groups (
            name text collate "C" primary key,
            id uuid not null,
            path text[] not null,
            query text null);
        alter table fleet_groups add column if not exists query text null;
        create table if not exists fleet_group_policies (
            group_name text collate "C" not null,
            policy_name text collate "C" not null,
            incarnation int not null,
            primary key (group_name, policy_name));
        create index if not exists fleet_group_policies_of_policy on fleet_group_policies (policy_name);
        """;

    public void Project(RecordedEvent @event, ProjectionBatch batch)
    {
        if (@event.Data is not ThingGroupEvent) return;
        var name = Listing.Text(@event.StreamId.Key);
        switch (@event.Data)
        {
            case ThingGroupCreated e:
                batch.Add("insert into fleet_groups (name, id, path, query) values ($1, $2, $3, $4)",
                    name, new() { Value = e.ThingGroupId }, Listing.Texts(e.Path), Listing.Text(e.Query));
                break;
            case ThingGroupUpdated e:
                batch.Add("update fleet_groups set query = $2 where name = $1", name, Listing.Text(e.Query));
                break;
            case ThingGroupDeleted:
                batch.Add("delete from fleet_group_policies where group_name = $1", name);
                batch.Add("delete from fleet_groups where name = $1", Listing.Text(@event.StreamId.Key));
                break;
            case GroupPolicyAttached e:
                batch.Add("""
                    insert into fleet_group_policies (group_name, policy_name, incarnation) values ($1, $2, $3)
                    on conflict (group_name, policy_name) do update set incarnation = excluded.incarnation
                    """, name, Listing.Text(e.PolicyName), new() { Value = e.Incarnation });
                break;
            case GroupPolicyDetached e:
                batch.Add("delete from fleet_group_policies where group_name = $1 and policy_name = $2", name, Listing.Text(e.PolicyName));
                break;
        }
    }

    public static Task<bool> HasChildren(NpgsqlDataSource database, string name, CancellationToken cancellation) =>
        Listing.Any(database, "select 1 from fleet_groups where $1 = any (path) and name <> $1 limit 1", name, cancellation);

    /// <summary>Whether a group of this name was deleted and has members still.</summary>
    public static Task<bool> IsBeingLeft(NpgsqlDataSource database, string name, CancellationToken cancellation) => Listing.Any(database, """
        select 1 where exists (select 1 from fleet_memberships where group_name = $1) and not exists (select 1 from fleet_groups where name = $1)
        """, name, cancellation);

    /// <summary>The path from its root to each of these groups; groups that do not exist are missing from the answer.</summary>
    public static async Task<IReadOnlyDictionary<string, string[]>> Paths(
        NpgsqlDataSource database, IReadOnlyList<string> names, CancellationToken cancellation)
    {
        await using var command = database.CreateCommand("select name, path from fleet_groups where name = any($1)");
        command.Parameters.Add(Listing.Texts(names));
        var paths = new Dictionary<string, string[]>(StringComparer.Ordinal);
        await using var reader = await command.ExecuteReaderAsync(cancellation);
        while (await reader.ReadAsync(cancellation)) paths[reader.GetString(0)] = reader.GetFieldValue<string[]>(1);
        return paths;
    }
}
