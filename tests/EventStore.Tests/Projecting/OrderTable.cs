using Npgsql;

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
        var (customer, quantity) = e.Data switch
        {
            OrderPlaced placed => (placed.Customer, 0),
            LineAdded line => (null, line.Quantity),
            _ => ((string?)null, 0),
        };
        batch.Add("""
            insert into fleet_orders (stream, customer, quantity, trail, last_id, changed) values ($1, $2, $3, $4, $5, $6)
            on conflict (stream) do update set
                customer = coalesce(excluded.customer, fleet_orders.customer), quantity = fleet_orders.quantity + excluded.quantity,
                trail = fleet_orders.trail || excluded.trail, last_id = excluded.last_id, changed = excluded.changed
            """,
            new NpgsqlParameter<string> { TypedValue = e.StreamId.Value },
            new NpgsqlParameter { Value = (object?)customer ?? DBNull.Value, NpgsqlDbType = NpgsqlTypes.NpgsqlDbType.Text },
            new NpgsqlParameter<int> { TypedValue = quantity },
            new NpgsqlParameter<string> { TypedValue = $"{e.Version}:{e.Type}:{e.Metadata.Actor}:{e.Sequence};" },
            new NpgsqlParameter<Guid> { TypedValue = e.Id },
            new NpgsqlParameter<DateTime> { TypedValue = e.Timestamp.UtcDateTime });
    }
}
