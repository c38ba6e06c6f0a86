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
            created_at timestamptz not null,
            deprecated_at timestamptz null);
        alter table fleet_types add column if not exists deprecated_at timestamptz null;
        """;

    public void Project(RecordedEvent @event, ProjectionBatch batch)
    {
        switch (@event.Data)
        {
            case ThingTypeCreated e:
                batch.Add("insert into fleet_types (name, id, description, searchable_attributes, created_at) values ($1, $2, $3, $4, $5)",
                    Listing.Text(@event.StreamId.Key),
                    new() { Value = e.ThingTypeId },
                    Listing.Text(e.Description),
                    Listing.Texts(e.SearchableAttributes),
                    new() { Value = e.At.ToUniversalTime() });
                break;
            case ThingTypeUpdated e:
                batch.Add("update fleet_types set description = $2, searchable_attributes = $3 where name = $1",
                    Listing.Text(@event.StreamId.Key), Listing.Text(e.Description), Listing.Texts(e.SearchableAttributes));
                break;
            case ThingTypeDeprecated e:
                batch.Add("update fleet_types set deprecated_at = $2 where name = $1", Listing.Text(@event.StreamId.Key), new() { Value = e.At.ToUniversalTime() });
                break;
            case ThingTypeRestored:
                batch.Add("update fleet_types set deprecated_at = null where name = $1", Listing.Text(@event.StreamId.Key));
                break;
            case ThingTypeDeleted:
                batch.Add("delete from fleet_types where name = $1", Listing.Text(@event.StreamId.Key));
                break;
        }
    }

    /// <summary>Whether a thing may get the type. True also for null: no type is needed then.</summary>
    public static async Task<bool> IsUsable(NpgsqlDataSource database, string? name, CancellationToken cancellation) =>
        name is null || await Listing.Any(database, "select 1 from fleet_types where name = $1 and deprecated_at is null", name, cancellation);

    public static Task<bool> HasThings(NpgsqlDataSource database, string name, CancellationToken cancellation) =>
        Listing.Any(database, "select 1 from fleet_things where type_name = $1 limit 1", name, cancellation);
}
