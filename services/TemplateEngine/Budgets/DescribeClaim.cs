using FleetPlatform.Contracts.TemplateEngine;
using FleetPlatform.TemplateEngine.Templates;
using MassTransit;
using Npgsql;
using Query = FleetPlatform.Contracts.TemplateEngine.DescribeClaim;

namespace FleetPlatform.TemplateEngine.Budgets;

static class DescribeClaim
{
    public static async Task<ClaimDescription> View(string claimId, EventStore store, CancellationToken cancellation)
    {
        var claim = await store.AggregateStreamAsync<Claim, ClaimEvent>(Claim.Stream(claimId), cancellation);
        await using var command = store.DataSource.CreateCommand("""
            select (select count(*) from fleet_claim_serials where claim_id = $1),
                coalesce((select used from fleet_claim_budgets where claim_id = $1), 0),
                (select coalesce(json_object_agg(signal, times), '{}')::text from fleet_claim_signals where claim_id = $1),
                coalesce(sum(arrivals), 0)::bigint, max(minute)
            from fleet_claim_minutes where claim_id = $1
            """);
        command.Parameters.Add(new NpgsqlParameter<string> { TypedValue = claimId });
        await using var row = await command.ExecuteReaderAsync(cancellation);
        await row.ReadAsync(cancellation);
        return new()
        {
            ClaimId = claimId,
            Status = claim.Status,
            MaximumRegistrations = claim.MaximumRegistrations,
            RegistrationsPerMinute = claim.RegistrationsPerMinute,
            NotBefore = claim.NotBefore,
            NotAfter = claim.NotAfter,
            SerialParameter = claim.SerialParameter,
            AllowedSerials = row.GetInt64(0),
            Registrations = row.GetInt64(1),
            Signals = ListClaims.Signals(row.GetString(2)),
            Arrivals = row.GetInt64(3),
            LastArrivalAt = row.IsDBNull(4) ? null : row.GetFieldValue<DateTimeOffset>(4),
        };
    }
}

sealed class DescribeClaimConsumer(EventStore store) : IConsumer<Query>
{
    public async Task Consume(ConsumeContext<Query> context)
    {
        var refusal = Claim.RefuseId(context.Message.ClaimId);
        var view = refusal is null ? await DescribeClaim.View(context.Message.ClaimId, store, context.CancellationToken) : null;
        await context.Answer(refusal, () => view!);
    }
}
