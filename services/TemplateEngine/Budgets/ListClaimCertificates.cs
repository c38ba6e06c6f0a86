using System.Globalization;
using FleetPlatform.Contracts.TemplateEngine;
using FleetPlatform.TemplateEngine.Templates;
using MassTransit;
using Npgsql;
using Query = FleetPlatform.Contracts.TemplateEngine.ListClaimCertificates;

namespace FleetPlatform.TemplateEngine.Budgets;

/// <summary>Everything a claim has registered, from the recorded flows: whoever quarantines a claim has to know what it has let in.</summary>
static class ListClaimCertificates
{
    const int Page = 1000;

    public static async Task<ClaimCertificatesListed> Find(string claimId, long after, NpgsqlDataSource database, CancellationToken cancellation)
    {
        await using var command = database.CreateCommand("""
            select seq_id, data->>'certificateId' from mt_events
            where seq_id > $2 and type = 'provisioning.completed.v1' and user_name = $1 order by seq_id limit $3
            """);
        command.CommandTimeout = 60; // along the whole store, once, when something has gone wrong
        command.Parameters.Add(new NpgsqlParameter<string> { TypedValue = claimId });
        command.Parameters.Add(new NpgsqlParameter<long> { TypedValue = after });
        command.Parameters.Add(new NpgsqlParameter<int> { TypedValue = Page });
        var (ids, last) = (new List<string>(), after);
        await using var rows = await command.ExecuteReaderAsync(cancellation);
        while (await rows.ReadAsync(cancellation))
        {
            last = rows.GetInt64(0);
            ids.Add(rows.GetString(1));
        }

        return new() { CertificateIds = ids, Next = ids.Count == Page ? last.ToString(CultureInfo.InvariantCulture) : null };
    }
}

sealed class ListClaimCertificatesConsumer(EventStore store) : IConsumer<Query>
{
    public async Task Consume(ConsumeContext<Query> context)
    {
        var (id, after) = (context.Message.ClaimId, 0L);
        var refusal = Claim.RefuseId(id);
        if (refusal is null && context.Message.After is { } text && !long.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out after))
            refusal = new(Reasons.InvalidRequest.Code, "After is what the page before gave as Next.");
        var listed = refusal is null ? await ListClaimCertificates.Find(id, after, store.DataSource, context.CancellationToken) : null;
        await context.Answer(refusal, () => listed!);
    }
}
