using Npgsql;
using NpgsqlTypes;

namespace FleetPlatform.Events.Tests.Projecting;

/// <summary>A read table whose rows depend on the order and on everything an event carries.</summary>
sealed class OrderTable(int version = 1) : IInlineProjection
{
    public string Name => "orders";

    public int Version => version;

    public string Schema => """
        create table if not exists fleet_orders (
            stream text primary key, customer text null, quantity int not null, trail text not null, last_id uuid not null, changed timestamptz not null)
        """;

    public IReadOnlyList<string> Tables => ["fleet_orders"];

    public void Project(RecordedEvent e, ProjectionBatch batch)
    {
        var trail = $"{e.Version}:{e.Type}:{e.Metadata.Actor}:{e.Sequence};";
        if (e.Data is OrderPlaced placed)
            batch.AddRows("""
                insert into fleet_orders (stream, customer, quantity, trail, last_id, changed)
                select stream, customer, 0, trail, id, at from unnest($1::text[], $2::text[], $3::text[], $4::uuid[], $5::timestamptz[]) row (stream, customer, trail, id, at)
                """,
                ProjectionColumn.Of(NpgsqlDbType.Text, e.StreamId.Value), ProjectionColumn.Of(NpgsqlDbType.Text, placed.Customer), ProjectionColumn.Of(NpgsqlDbType.Text, trail),
                ProjectionColumn.Of(NpgsqlDbType.Uuid, e.Id), ProjectionColumn.Of(NpgsqlDbType.TimestampTz, e.Timestamp.UtcDateTime));
        else Change(e, trail, batch);
    }

    static void Change(RecordedEvent e, string trail, ProjectionBatch batch) =>
        batch.Add("""
            update fleet_orders set quantity = quantity + $2, trail = trail || $3, last_id = $4, changed = $5 where stream = $1
            """,
            new NpgsqlParameter<string> { TypedValue = e.StreamId.Value },
            new NpgsqlParameter<int> { TypedValue = (e.Data as LineAdded)?.Quantity ?? 0 },
            new NpgsqlParameter<string> { TypedValue = trail },
            new NpgsqlParameter<Guid> { TypedValue = e.Id },
            new NpgsqlParameter<DateTime> { TypedValue = e.Timestamp.UtcDateTime });
}
