using Npgsql;

namespace FleetPlatform.Events.Subscriptions;

/// <summary>Reads how long the oldest event that a subscription has not handled has been waiting.</summary>
static class Lag
{
    const string OldestUnhandled = """
        select n.name, e.timestamp from unnest($1) as n (name)
        left join fleet_checkpoints c on c.name = n.name
        left join lateral (
            select timestamp from mt_events
            where (fleet_transaction_id, seq_id) > (coalesce(c.transaction_id, '0'::xid8), coalesce(c.seq_id, 0))
            order by fleet_transaction_id, seq_id limit 1) e on true
        """;

    public static async Task<IReadOnlyList<SubscriptionLag>> Find(EventStore store, string[] names, CancellationToken cancellation)
    {
        try
        {
            await using var command = store.DataSource.CreateCommand(OldestUnhandled);
            command.Parameters.Add(new NpgsqlParameter<string[]> { TypedValue = names });
            await using var reader = await command.ExecuteReaderAsync(cancellation);
            var lags = new List<SubscriptionLag>();
            var now = store.Clock.GetUtcNow();
            while (await reader.ReadAsync(cancellation))
            {
                var behind = reader.IsDBNull(1) ? TimeSpan.Zero : now - reader.GetFieldValue<DateTimeOffset>(1);
                lags.Add(new(reader.GetString(0), behind > TimeSpan.Zero ? behind : TimeSpan.Zero));
            }

            return lags;
        }
        catch (Exception failure) when (Outage.Is(failure))
        {
            throw new EventStoreUnavailableException("The subscriptions' lag cannot be read at the moment.", failure);
        }
    }
}
