namespace FleetPlatform.ThingRegistry.Policies;

/// <summary>
/// The read table of policies. A deleted policy keeps its row, so that provisioning finds the version of its stream without reading it.
/// </summary>
sealed class PoliciesTable : IInlineProjection
{
    const string SetDefault = """
        update fleet_policies set default_version = $2, modified_at = $3, version = $4,
            document = (select document from fleet_policy_versions where policy_name = $1 and version_id = $2)
        where name = $1
        """;

    const string Touch = "update fleet_policies set modified_at = $2, version = $3 where name = $1";

    public string Name => "policies";

    public IReadOnlyList<string> Tables { get; } = ["fleet_policies", "fleet_policy_versions"];

    public string Schema => """
        create table if not exists fleet_policies (
            name text collate "C" primary key,
            incarnation int not null,
            version bigint not null,
            default_version int not null,
            document text not null,
            created_at timestamptz not null,
            modified_at timestamptz not null,
            deleted boolean not null);
        create table if not exists fleet_policy_versions (
            policy_name text collate "C" not null,
            version_id int not null,
            document text not null,
            primary key (policy_name, version_id));
        """;

    public void Project(RecordedEvent @event, ProjectionBatch batch)
    {
        if (@event.Data is not PolicyEvent) return;
        var name = @event.StreamId.Key;
        switch (@event.Data)
        {
            case PolicyCreated e:
                batch.Add("""
                    insert into fleet_policies (name, incarnation, version, default_version, document, created_at, modified_at, deleted)
                    values ($1, $2, $3, 1, $4, $5, $5, false)
                    on conflict (name) do update set incarnation = excluded.incarnation, version = excluded.version, default_version = 1,
                        document = excluded.document, created_at = excluded.created_at, modified_at = excluded.modified_at, deleted = false
                    """, Listing.Text(name), new() { Value = e.Incarnation }, new() { Value = @event.Version }, Listing.Text(e.Document), At(e.At));
                AddVersion(batch, name, 1, e.Document);
                break;
            case PolicyVersionCreated e:
                AddVersion(batch, name, e.VersionId, e.Document);
                if (e.IsDefault) batch.Add(SetDefault, Listing.Text(name), new() { Value = e.VersionId }, At(e.At), new() { Value = @event.Version });
                else batch.Add(Touch, Listing.Text(name), At(e.At), new() { Value = @event.Version });
                break;
            case DefaultPolicyVersionSet e:
                batch.Add(SetDefault, Listing.Text(name), new() { Value = e.VersionId }, At(e.At), new() { Value = @event.Version });
                break;
            case PolicyVersionDeleted e:
                batch.Add("delete from fleet_policy_versions where policy_name = $1 and version_id = $2", Listing.Text(name), new() { Value = e.VersionId });
                batch.Add(Touch, Listing.Text(name), At(e.At), new() { Value = @event.Version });
                break;
            case PolicyDeleted e:
                batch.Add("delete from fleet_policy_versions where policy_name = $1", Listing.Text(name));
                batch.Add("update fleet_policies set deleted = true, document = '', modified_at = $2, version = $3 where name = $1",
                    Listing.Text(name), At(e.At), new() { Value = @event.Version });
                break;
        }
    }

    /// <summary>Whether any certificate or group that still exists has the policy as it is now.</summary>
    public static async Task<bool> IsAttached(NpgsqlDataSource database, string name, CancellationToken cancellation)
    {
        await using var command = database.CreateCommand("""
            select 1 from fleet_principal_policies a join fleet_policies p on p.name = a.policy_name and p.incarnation = a.incarnation where p.name = $1
            union all
            select 1 from fleet_group_policies a join fleet_policies p on p.name = a.policy_name and p.incarnation = a.incarnation where p.name = $1
            limit 1
            """);
        command.Parameters.Add(Listing.Text(name));
        return await command.ExecuteScalarAsync(cancellation) is not null;
    }

    static void AddVersion(ProjectionBatch batch, string name, int versionId, string document) =>
        batch.Add("insert into fleet_policy_versions (policy_name, version_id, document) values ($1, $2, $3)",
            Listing.Text(name), new() { Value = versionId }, Listing.Text(document));

    static NpgsqlParameter At(DateTimeOffset at) => new() { Value = at.ToUniversalTime() };
}
