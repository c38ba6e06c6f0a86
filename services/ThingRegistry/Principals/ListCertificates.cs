using System.Globalization;
using Query = FleetPlatform.Contracts.ThingRegistry.ListCertificates;

namespace FleetPlatform.ThingRegistry.Principals;

/// <summary>Certificates in order of registration. Temporary claims are never listed, as on AWS.</summary>
static class ListCertificates
{
    // Sixteen hex digits of microseconds, then the id: text whose ordinal order is the order of the index.
    const string Key = "(lpad(to_hex((extract(epoch from created_at) * 1000000)::bigint), 16, '0') || certificate_id) collate \"C\"";

    public static async Task<CertificatesListed> Handle(Query query, NpgsqlDataSource database, CancellationToken cancellation)
    {
        var (after, id) = Split(query.Page.After);
        var limit = Math.Clamp(query.Page.Limit, 1, 250);
        await using var command = database.CreateCommand($"""
            select certificate_id, status, changes, created_at, modified_at, not_before, not_after, {Key}, ca_certificate_id, sni_only
            from fleet_principals
            where claim_for_template is null {(query.CaCertificateId is null ? "and $4::text is null" : "and ca_certificate_id = $4")} and ($1 is null or (created_at, certificate_id) {(query.Page.Descending ? "<" : ">")} ($1, $2))
            order by created_at {Direction(query)}, certificate_id {Direction(query)} limit $3
            """);
        command.Parameters.Add(new() { NpgsqlDbType = NpgsqlTypes.NpgsqlDbType.TimestampTz, Value = (object?)after ?? DBNull.Value });
        command.Parameters.Add(Listing.Text(id));
        command.Parameters.Add(new() { Value = limit + 1 });
        command.Parameters.Add(Listing.Text(query.CaCertificateId));

        var items = new List<CertificateDescription>();
        string? last = null;
        await using var reader = await command.ExecuteReaderAsync(cancellation);
        while (await reader.ReadAsync(cancellation))
        {
            if (items.Count == limit) return new() { Items = items, Next = last };
            items.Add(ReadCertificate(reader));
            last = reader.GetString(7);
        }

        return new() { Items = items };
    }

    /// <summary>False for a beginning of a page that no page ended with.</summary>
    public static bool IsKey(string? after) => after is null || Split(after).After is not null;

    static (DateTimeOffset? After, string? Id) Split(string? key) =>
        key is { Length: > 16 } && long.TryParse(key.AsSpan(0, 16), NumberStyles.AllowHexSpecifier, CultureInfo.InvariantCulture, out var microseconds)
            && microseconds is >= 0 and < 253_402_300_800_000_000
            ? (DateTimeOffset.UnixEpoch.AddMicroseconds(microseconds), key[16..])
            : (null, null);

    static string Direction(Query query) => query.Page.Descending ? "desc" : "asc";

    static CertificateDescription ReadCertificate(NpgsqlDataReader row) => new()
    {
        CertificateId = row.GetString(0),
        Status = Enum.Parse<PrincipalStatus>(row.GetString(1)).ToContract(),
        CertificatePem = "",
        CustomerVersion = 1 + row.GetInt32(2),
        CreatedAt = row.GetFieldValue<DateTimeOffset>(3),
        LastModifiedAt = row.GetFieldValue<DateTimeOffset>(4),
        NotBefore = row.IsDBNull(5) ? default : row.GetFieldValue<DateTimeOffset>(5),
        NotAfter = row.IsDBNull(6) ? default : row.GetFieldValue<DateTimeOffset>(6),
        CaCertificateId = row.IsDBNull(8) ? null : row.GetString(8),
        Mode = row.GetBoolean(9) ? CertificateMode.SniOnly : CertificateMode.Default,
    };
}

sealed class ListCertificatesConsumer(Registry registry) : IConsumer<Query>
{
    public async Task Consume(ConsumeContext<Query> context)
    {
        if (ListCertificates.IsKey(context.Message.Page.After))
            await context.RespondAsync(await ListCertificates.Handle(context.Message, registry.Database, context.CancellationToken));
        else
            await context.Refuse(new(Reasons.InvalidRequest.Code, "The page begins where no page ended."));
    }
}
