using FleetPlatform.Contracts.Revocation;
using MassTransit;
using Npgsql;

namespace FleetPlatform.Revocation.Certificates;

/// <summary>All that is not trusted, in pages: for a gateway that has to catch up.</summary>
static class ListUntrusted
{
    const int PageSize = 1_000;

    // Whoever begins at 0 needs no reinstated certificates: it knows none of them.
    const string Select = """
        select certificate_id, reason, since, version, position from fleet_trust
        where position > $1 and ($1 > 0 or reason is not null) order by position limit $2
        """;

    public static async Task<UntrustedListed> Handle(long after, NpgsqlDataSource database, CancellationToken cancellation)
    {
        await using var command = database.CreateCommand(Select);
        command.Parameters.Add(new() { Value = after });
        command.Parameters.Add(new() { Value = PageSize });
        var items = new List<CertificateTrustChange>();
        var position = after;
        await using var rows = await command.ExecuteReaderAsync(cancellation);
        while (await rows.ReadAsync(cancellation))
        {
            items.Add(new()
            {
                CertificateId = rows.GetString(0),
                Reason = rows.IsDBNull(1) ? null : Enum.Parse<RevocationReason>(rows.GetString(1)),
                At = rows.GetFieldValue<DateTimeOffset>(2),
                Version = rows.GetInt64(3),
            });
            position = rows.GetInt64(4);
        }

        return new() { Items = items, Position = position, More = items.Count == PageSize };
    }
}

sealed class ListUntrustedConsumer(NpgsqlDataSource database) : IConsumer<Contracts.Revocation.ListUntrusted>
{
    public async Task Consume(ConsumeContext<Contracts.Revocation.ListUntrusted> context) =>
        await context.RespondAsync(await ListUntrusted.Handle(context.Message.After, database, context.CancellationToken));
}
