namespace FleetPlatform.ThingRegistry.Types;

/// <summary>The read table of thing types.</summary>
sealed class TypesTable : IInlineProjection
{
    public string Name => "thing-types";

    public IReadOnlyList<string> Tables { get; } = ["fleet_types"];

    public string Schema => """
        create table if not exists fleet_types (
            name text collate "C" primary key,
            id uuid not null,
            description text null,
            searchable_attributes text[] not null,
            created_at timestamptz not null);
        """;

    public void Project(RecordedEvent @event, ProjectionBatch batch)
    {
        if (@event.Data is ThingTypeCreated e)
            batch.Add("insert into fleet_types (name, id, description, searchable_attributes, created_at) values ($1, $2, $3, $4, $5)",
                Listing.Text(@event.StreamId.Key),
                new() { Value = e.ThingTypeId },
                Listing.Text(e.Description),
                Listing.Texts(e.SearchableAttributes),
                new() { Value = e.At.ToUniversalTime() });
    }

    /// <summary>True also for null: no type is needed then.</summary>
    public static async Task<bool> Exists(NpgsqlDataSource database, string? name, CancellationToken cancellation)
    {
        if (name is null) return true;
        await using var command = database.CreateCommand("select 1 from fleet_types where name = $1");
        command.Parameters.Add(Listing.Text(name));
        return await command.ExecuteScalarAsync(cancellation) is not null;
    }
}
