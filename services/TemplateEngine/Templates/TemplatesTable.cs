using Npgsql;

namespace FleetPlatform.TemplateEngine.Templates;

/// <summary>Templates as a table, for listing and for the catalogue; and one number that rises with every change of any of them.</summary>
sealed class TemplatesTable : IInlineProjection
{
    const string Revise = """
        insert into fleet_template_revision (id, revision) values (1, 1)
        on conflict (id) do update set revision = fleet_template_revision.revision + 1
        """;

    public string Name => "templates";

    public string Schema => """
        create table if not exists fleet_template_revision (id int primary key, revision bigint not null);
        create table if not exists fleet_templates (
            name varchar(36) collate "C" primary key,
            type varchar(32) not null,
            description text null,
            role text null,
            enabled boolean not null,
            default_version int not null,
            created_at timestamptz not null,
            modified_at timestamptz not null);
        create table if not exists fleet_template_versions (
            name varchar(36) collate "C" not null,
            version int not null,
            body text not null,
            primary key (name, version));
        alter table fleet_templates add column if not exists hook text null;
        alter table fleet_templates add column if not exists reprovisioning text not null default 'Keep';
        """;

    public IReadOnlyList<string> Tables => ["fleet_template_revision", "fleet_templates", "fleet_template_versions"];

    public void Project(RecordedEvent e, ProjectionBatch batch)
    {
        if (e.StreamId.Category != "template") return;

        // First: two transactions of different replicas then always meet here, and never each other way round.
        batch.Add(Revise);
        switch (e.Data)
        {
            case TemplateCreated created:
                batch.Add("""
                    insert into fleet_templates (name, type, description, role, enabled, default_version, created_at, modified_at)
                    values ($1, $2, $3, $4, $5, 1, $6, $6)
                    """,
                    Text(created.Name), Text(created.Type), Text(created.Description), Text(created.ProvisioningRoleArn),
                    Value(created.Enabled), Value(created.CreatedAt.UtcDateTime));
                AddVersion(batch, created.Name, 1, created.Body);
                break;
            case TemplateChanged changed:
                batch.Add("""
                    update fleet_templates set description = coalesce($2, description), role = coalesce($3, role),
                        enabled = coalesce($4, enabled), default_version = coalesce($5, default_version), modified_at = $6
                    where name = $1
                    """,
                    Text(changed.Name), Text(changed.Description), Text(changed.ProvisioningRoleArn),
                    Nullable(changed.Enabled, NpgsqlTypes.NpgsqlDbType.Boolean), Nullable(changed.DefaultVersionId, NpgsqlTypes.NpgsqlDbType.Integer),
                    Value(changed.ChangedAt.UtcDateTime));
                break;
            case TemplateHookChanged changed:
                batch.Add("update fleet_templates set hook = $2, modified_at = $3 where name = $1",
                    Text(changed.Name), Text(changed.Target), Value(changed.ChangedAt.UtcDateTime));
                break;
            case TemplateReprovisioningChanged changed:
                batch.Add("update fleet_templates set reprovisioning = $2, modified_at = $3 where name = $1",
                    Text(changed.Name), Text(changed.Reprovisioning.ToString()), Value(changed.ChangedAt.UtcDateTime));
                break;
            case TemplateVersionCreated created:
                AddVersion(batch, created.Name, created.VersionId, created.Body);
                batch.Add("""
                    update fleet_templates set default_version = case when $2 then $3 else default_version end, modified_at = $4 where name = $1
                    """,
                    Text(created.Name), Value(created.IsDefault), Value(created.VersionId), Value(created.CreatedAt.UtcDateTime));
                break;
            case TemplateVersionDeleted deleted:
                batch.Add("delete from fleet_template_versions where name = $1 and version = $2", Text(deleted.Name), Value(deleted.VersionId));
                batch.Add("update fleet_templates set modified_at = $2 where name = $1", Text(deleted.Name), Value(deleted.DeletedAt.UtcDateTime));
                break;
            case TemplateDeleted deleted:
                batch.Add("delete from fleet_template_versions where name = $1", Text(deleted.Name));
                batch.Add("delete from fleet_templates where name = $1", Text(deleted.Name));
                break;
        }
    }

    static void AddVersion(ProjectionBatch batch, string name, int version, string body) =>
        batch.Add("insert into fleet_template_versions (name, version, body) values ($1, $2, $3)", Text(name), Value(version), Text(body));

    static NpgsqlParameter Text(string? text) => new() { Value = (object?)text ?? DBNull.Value, NpgsqlDbType = NpgsqlTypes.NpgsqlDbType.Text };

    static NpgsqlParameter<T> Value<T>(T value) => new() { TypedValue = value };

    static NpgsqlParameter Nullable(object? value, NpgsqlTypes.NpgsqlDbType type) => new() { Value = value ?? DBNull.Value, NpgsqlDbType = type };
}
