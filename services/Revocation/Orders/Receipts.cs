using FleetPlatform.Contracts.Revocation;
using FleetPlatform.Revocation.Certificates;
using FleetPlatform.Revocation.Gateways;
using MassTransit;
using Npgsql;

namespace FleetPlatform.Revocation.Orders;

/// <summary>Where changes took effect, and who has not answered: every gateway that is there has a line, answered or not.</summary>
sealed class Receipts(NpgsqlDataSource database, PresentGateways gateways)
{
    const string List = "crl";
    static readonly string[] Services = ["thing-registry", "ocsp"];

    const string Select = """
        select e.place, count(*), max(e.at), sum(e.sessions) from fleet_trust t
        join fleet_effects e on e.certificate_id = t.certificate_id and e.version >= t.version where {0} = $1 group by e.place order by e.place
        """;

    // Those that will stand on a list of theirs: not a stranger's certificates, which the registry knows all the same.
    const string CountListed = """
        select count(*) from fleet_trust t join fleet_issued i on i.certificate_id = t.certificate_id and i.shard >= 0
        where {0} = $1 and t.reason is not null and i.not_after > t.since
        """;

    /// <summary>The receipt of an order: of the certificates it was the last to change.</summary>
    public async Task<IReadOnlyList<PlaceOfEffect>> OfOrder(Order order, CancellationToken cancellation) =>
        order.Changed == 0 || order.Placed!.Action == TrustAction.Quarantine
            ? []
            : await Read("t.order_id", order.Placed.OrderId, order.Changed, cancellation);

    /// <summary>The receipt of a certificate's last change.</summary>
    public Task<IReadOnlyList<PlaceOfEffect>> OfCertificate(string certificateId, CancellationToken cancellation) =>
        Read("t.certificate_id", certificateId, 1, cancellation);

    async Task<IReadOnlyList<PlaceOfEffect>> Read(string column, string key, long changed, CancellationToken cancellation)
    {
        await using var count = database.CreateCommand(CountListed.Replace("{0}", column, StringComparison.Ordinal));
        count.Parameters.Add(TrustTable.Text(key));
        var listed = (long)(await count.ExecuteScalarAsync(cancellation))!;

        await using var command = database.CreateCommand(Select.Replace("{0}", column, StringComparison.Ordinal));
        command.Parameters.Add(TrustTable.Text(key));
        var places = new List<PlaceOfEffect>();
        await using var rows = await command.ExecuteReaderAsync(cancellation);
        while (await rows.ReadAsync(cancellation))
            places.Add(new()
            {
                Place = rows.GetString(0), Certificates = rows.GetInt64(1), At = rows.GetFieldValue<DateTimeOffset>(2), SessionsClosed = rows.GetInt64(3),
                Complete = rows.GetInt64(1) >= (rows.GetString(0) == List ? listed : changed),
            });

        string[] expected = [.. gateways.Names, .. Services, .. listed > 0 ? [List] : Array.Empty<string>()];
        foreach (var place in expected.Where(place => places.TrueForAll(known => known.Place != place)))
            places.Add(new() { Place = place, Certificates = 0, SessionsClosed = 0, Complete = false });
        return places;
    }
}

sealed class DescribeCertificateTrustConsumer(NpgsqlDataSource database, Receipts receipts) : IConsumer<DescribeCertificateTrust>
{
    public async Task Consume(ConsumeContext<DescribeCertificateTrust> context)
    {
        var id = context.Message.CertificateId;
        await using var command = database.CreateCommand("select reason, since, requested_by from fleet_trust where certificate_id = $1");
        command.Parameters.Add(TrustTable.Text(id));
        await using var rows = await command.ExecuteReaderAsync(context.CancellationToken);
        if (!await rows.ReadAsync(context.CancellationToken))
        {
            await context.RespondAsync(new CertificateTrustDescription { CertificateId = id, Receipt = [] });
            return;
        }

        await context.RespondAsync(new CertificateTrustDescription
        {
            CertificateId = id,
            Reason = rows.IsDBNull(0) ? null : Enum.Parse<RevocationReason>(rows.GetString(0)),
            Since = rows.GetFieldValue<DateTimeOffset>(1),
            RequestedBy = rows.GetString(2),
            Receipt = await receipts.OfCertificate(id, context.CancellationToken),
        });
    }
}
