using NpgsqlTypes;

namespace FleetPlatform.ThingRegistry.Things;

/// <summary>The read tables of things and of their group memberships.</summary>
sealed class ThingsTable : IInlineProjection
{
    public string Name => "things";

    public IReadOnlyList<string> Tables { get; } = ["fleet_things", "fleet_memberships"];

    public string Schema => """
        create table if not exists fleet_things (
            name text collate "C" primary key,
            id uuid not null,
            type_name text null,
            billing_group text null,
            attributes jsonb not null,
            revision bigint not null);
        create index if not exists fleet_things_by_billing_group on fleet_things (billing_group, name) where billing_group is not null;
        create table if not exists fleet_memberships (
            group_name text collate "C" not null,
            thing_name text collate "C" not null,
            primary key (group_name, thing_name));
        create index if not exists fleet_memberships_of_thing on fleet_memberships (thing_name, group_name);
        """;

    public void Project(RecordedEvent @event, ProjectionBatch batch)
    {
        if (@event.Data is not ThingEvent) return;
        var name = Listing.Text(@event.StreamId.Key);
        switch (@event.Data)
        {
            case ThingRegistered e:
                batch.AddRows("""
                    insert into fleet_things (name, id, type_name, billing_group, attributes, revision)
                    select *, 1 from unnest($1::text[], $2::uuid[], $3::text[], $4::text[], $5::jsonb[])
                    """, Listing.TextColumn(@event.StreamId.Key), ProjectionColumn.Of(NpgsqlDbType.Uuid, e.ThingId), Listing.TextColumn(e.ThingTypeName), Listing.TextColumn(e.BillingGroup),
                    ProjectionColumn.Of(NpgsqlDbType.Jsonb, Written(e.Attributes)));
                if (e.ThingGroups.Count > 0)
                    batch.Add("insert into fleet_memberships (group_name, thing_name) select unnest($2::text[]), $1",
                        Listing.Text(@event.StreamId.Key), Listing.Texts(e.ThingGroups));
                break;
            case ThingUpdated e:
                batch.Add("update fleet_things set type_name = $2, attributes = $3, revision = revision + 1 where name = $1",
                    name, Listing.Text(e.ThingTypeName), Json(e.Attributes));
                break;
            case BillingGroupChanged e:
                batch.Add("update fleet_things set billing_group = $2 where name = $1", name, Listing.Text(e.BillingGroup));
                break;
            case GroupJoined e:
                batch.Add("insert into fleet_memberships (group_name, thing_name) values ($2, $1)", name, Listing.Text(e.ThingGroupName));
                break;
            case GroupLeft e:
                batch.Add("delete from fleet_memberships where thing_name = $1 and group_name = $2", name, Listing.Text(e.ThingGroupName));
                break;
            case ThingDeleted:
                batch.Add("delete from fleet_memberships where thing_name = $1", name);
                batch.Add("delete from fleet_things where name = $1", Listing.Text(@event.StreamId.Key));
                break;
        }
    }

    static NpgsqlParameter Json(IReadOnlyDictionary<string, string> attributes) => new() { NpgsqlDbType = NpgsqlDbType.Jsonb, Value = Written(attributes) };

    static string Written(IReadOnlyDictionary<string, string> attributes) => System.Text.Json.JsonSerializer.Serialize(attributes);
}
