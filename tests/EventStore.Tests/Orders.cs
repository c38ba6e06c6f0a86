using FleetPlatform.PostgresKit;

namespace FleetPlatform.Events.Tests;

/// <summary>A small subject for the store's tests.</summary>
public abstract record OrderEvent;

public sealed record OrderPlaced(string Customer) : OrderEvent;

public sealed record LineAdded(string Product, int Quantity) : OrderEvent;

public sealed record OrderClosed : OrderEvent;

public sealed record Order(string? Customer, int Lines, int Quantity, bool Closed) : IAggregate<Order, OrderEvent>
{
    public static Order Initial { get; } = new(null, 0, 0, false);

    public Order Evolve(OrderEvent @event) => @event switch
    {
        OrderPlaced placed => this with { Customer = placed.Customer },
        LineAdded line => this with { Lines = Lines + 1, Quantity = Quantity + line.Quantity },
        OrderClosed => this with { Closed = true },
        _ => throw new System.Diagnostics.UnreachableException(@event.GetType().Name),
    };
}

static class Orders
{
    public static EventTypes Types() => new EventTypes()
        .Map<OrderPlaced>("order.placed.v1")
        .Map<LineAdded>("order.line-added.v1")
        .Map<OrderClosed>("order.closed.v1");

    public static StreamId Stream(object key) => StreamId.Of("order", $"{key}");

    public static async Task<EventStore> OpenStore(
        this PostgresDatabase database, Action<EventStoreOptions>? configure = null, TimeProvider? clock = null)
    {
        var options = new EventStoreOptions { EventTypes = Types() };
        configure?.Invoke(options);
        var store = new EventStore(database.DataSource, options, clock);
        await store.EnsureSchemaAsync();
        return store;
    }
}

/// <summary>A fresh database for the class that uses it.</summary>
public sealed class Database : IAsyncLifetime
{
    PostgresDatabase? _database;

    public PostgresDatabase Postgres => _database!;

    public async ValueTask InitializeAsync() => _database = await PostgresDatabase.Create();

    public async ValueTask DisposeAsync()
    {
        if (_database is not null) await _database.DisposeAsync();
    }
}
