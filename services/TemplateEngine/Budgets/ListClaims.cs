using System.Text.Json;
using FleetPlatform.Contracts.TemplateEngine;
using MassTransit;
using Npgsql;
using Query = FleetPlatform.Contracts.TemplateEngine.ListClaims;

namespace FleetPlatform.TemplateEngine.Budgets;

/// <summary>Every claim that devices came with or that anything was said about.</summary>
static class ListClaims
{
    const int MaximumPage = 250;

    // Of each claim at most 60 rows an hour: minutes in which devices came.
    const string Select = """
        select k.claim_id, coalesce(c.status, 'Open'), coalesce(a.arrivals, 0), a.last, coalesce(s.signals, '{}')
        from (select claim_id from fleet_claims union select claim_id from fleet_claim_minutes union select claim_id from fleet_claim_signals) k
        left join fleet_claims c using (claim_id)
        left join lateral (select sum(arrivals)::bigint as arrivals, max(minute) as last from fleet_claim_minutes where claim_id = k.claim_id) a on true
        left join lateral (select json_object_agg(signal, times)::text as signals from fleet_claim_signals where claim_id = k.claim_id) s on true
        where k.claim_id > $1 and (not $3 or s.signals is not null) order by k.claim_id limit $2
        """;

    public static async Task<ClaimsListed> Find(Query query, NpgsqlDataSource database, CancellationToken cancellation)
    {
        var limit = Math.Clamp(query.Limit, 1, MaximumPage);
        await using var command = database.CreateCommand(Select);
        command.Parameters.Add(new NpgsqlParameter<string> { TypedValue = query.After ?? "" });
        command.Parameters.Add(new NpgsqlParameter<int> { TypedValue = limit + 1 });
        command.Parameters.Add(new NpgsqlParameter<bool> { TypedValue = query.SuspectedOnly });
        var items = new List<ClaimSummary>();
        await using var rows = await command.ExecuteReaderAsync(cancellation);
        while (await rows.ReadAsync(cancellation))
            items.Add(new()
            {
                ClaimId = rows.GetString(0),
                Status = Enum.Parse<ClaimStatus>(rows.GetString(1)),
                Arrivals = rows.GetInt64(2),
                LastArrivalAt = rows.IsDBNull(3) ? null : rows.GetFieldValue<DateTimeOffset>(3),
                Signals = Signals(rows.GetString(4)),
            });
        return items.Count > limit ? new() { Items = items[..limit], Next = items[limit - 1].ClaimId } : new() { Items = items };
    }

    /// <summary>How often each signal was recorded, from the database's JSON.</summary>
    public static IReadOnlyDictionary<string, string> Signals(string json)
    {
        using var signals = JsonDocument.Parse(json);
        return signals.RootElement.EnumerateObject().ToDictionary(signal => signal.Name, signal => signal.Value.GetRawText());
    }
}

sealed class ListClaimsConsumer(EventStore store) : IConsumer<Query>
{
    public async Task Consume(ConsumeContext<Query> context) =>
        await context.RespondAsync(await ListClaims.Find(context.Message, store.DataSource, context.CancellationToken));
}
