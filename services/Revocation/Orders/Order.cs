using System.Diagnostics;
using FleetPlatform.Contracts.Revocation;
using FleetPlatform.Events;
using Npgsql;

namespace FleetPlatform.Revocation.Orders;

/// <summary>How far an order is.</summary>
/// <param name="After">Where its next page begins.</param>
sealed record Order(OrderPlaced? Placed, string? After, long Selected, long Changed, long Unchanged, long Refused, DateTimeOffset? CompletedAt)
    : IAggregate<Order, OrderEvent>
{
    public static Order Initial { get; } = new(null, null, 0, 0, 0, 0, null);

    public static StreamId StreamOf(string orderId) => StreamId.Of("order", orderId);

    public Order Evolve(OrderEvent @event) => @event switch
    {
        OrderPlaced e => this with { Placed = e },
        OrderAdvanced e => this with
        {
            After = e.After,
            Selected = Selected + e.Selected,
            Changed = Changed + e.Changed,
            Unchanged = Unchanged + e.Unchanged,
            Refused = Refused + e.Refused,
        },
        OrderCompleted e => this with { CompletedAt = e.CompletedAt },
        _ => throw new UnreachableException($"No fold for {@event.GetType().Name}."),
    };

    public CertificateSelector Selector => new() { Kind = Placed!.Kind, Value = Placed.Value, Version = Placed.Version };

    public RevocationOrderDescription Describe(IReadOnlyList<PlaceOfEffect> receipt) => new()
    {
        OrderId = Placed!.OrderId, Selector = Selector, Action = Placed.Action, Reason = Placed.Reason, RequestedBy = Placed.RequestedBy,
        PlacedAt = Placed.PlacedAt, CompletedAt = CompletedAt, Selected = Selected, Changed = Changed, Unchanged = Unchanged, Refused = Refused, Receipt = receipt,
    };
}

/// <summary>Which orders are not carried out yet.</summary>
sealed class OrdersTable : IInlineProjection
{
    public string Name => "orders";

    public IReadOnlyList<string> Tables { get; } = ["fleet_open_orders"];

    public string Schema => "create table if not exists fleet_open_orders (order_id text primary key, placed_at timestamptz not null);";

    public void Project(RecordedEvent e, ProjectionBatch batch)
    {
        if (e.Data is OrderPlaced placed)
            batch.Add("insert into fleet_open_orders (order_id, placed_at) values ($1, $2)",
                Certificates.TrustTable.Text(placed.OrderId), Certificates.TrustTable.At(placed.PlacedAt));
        else if (e.Data is OrderCompleted)
            batch.Add("delete from fleet_open_orders where order_id = $1", Certificates.TrustTable.Text(e.StreamId.Key));
    }

    public static async Task<IReadOnlyList<string>> FindOpen(NpgsqlDataSource database, CancellationToken cancellation)
    {
        await using var command = database.CreateCommand("select order_id from fleet_open_orders order by placed_at limit 1000");
        var open = new List<string>();
        await using var rows = await command.ExecuteReaderAsync(cancellation);
        while (await rows.ReadAsync(cancellation)) open.Add(rows.GetString(0));
        return open;
    }
}
