namespace FleetPlatform.Revocation.Transparency;

/// <summary>The log's tables. Written behind the events and the news that they come from, so there is nothing to project.</summary>
sealed class LogTables : Events.IInlineProjection
{
    public string Name => "log";

    public IReadOnlyList<string> Tables => [];

    public string Schema => """
        create table if not exists fleet_log_entries (
            index bigint primary key,
            source text collate "C" not null unique,
            certificate_id text collate "C" not null,
            entry text not null);
        create index if not exists fleet_log_of_certificate on fleet_log_entries (certificate_id, index);
        create table if not exists fleet_log_nodes (
            level int not null,
            index bigint not null,
            hash bytea not null,
            primary key (level, index));
        create table if not exists fleet_log_checkpoints (
            origin text primary key,
            size bigint not null,
            note text not null,
            key bytea not null,
            at timestamptz not null);
        """;

    public void Project(Events.RecordedEvent e, Events.ProjectionBatch batch)
    {
    }
}
