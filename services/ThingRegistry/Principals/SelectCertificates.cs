using System.Globalization;
using FleetPlatform.Contracts.Revocation;
using NpgsqlTypes;
using Query = FleetPlatform.Contracts.ThingRegistry.SelectCertificates;

namespace FleetPlatform.ThingRegistry.Principals;

/// <summary>Which registered certificates an order is about: in pages, each bounded in rows and in what is looked at.</summary>
static class SelectCertificates
{
    const int MaximumLimit = 250;

    // Rare, and never on a device's path: the events say which template registered a certificate, so no table has to.
    const int EventsPerPage = 100_000;
    const string Things = "coalesce((select array_agg(a.thing_name) from fleet_attachments a where a.certificate_id = c.certificate_id), '{}')";

    const string Named = $"select c.certificate_id, {Things} from unnest($1) c(certificate_id)";

    const string OfThing = $"""
        select c.certificate_id, {Things} from fleet_attachments c where c.thing_name = $1 and ($2 is null or c.certificate_id > $2)
        order by c.certificate_id limit $3
        """;

    const string OfGroup = $"""
        select c.certificate_id, {Things} from (
            select distinct b.certificate_id from fleet_groups g join fleet_memberships m on m.group_name = g.name
            join fleet_attachments b on b.thing_name = m.thing_name
            where $1 = any(g.path) and ($2 is null or b.certificate_id > $2) order by b.certificate_id limit $3) c
        order by c.certificate_id
        """;

    const string OfKey = $"""
        select c.certificate_id, {Things} from fleet_registered_keys c where c.key_hash = $1 and ($2 is null or c.certificate_id > $2)
        order by c.certificate_id limit $3
        """;

    const string OfAuthority = $"""
        select c.certificate_id, {Things} from fleet_principals c where c.ca_certificate_id = $1 and ($2 is null or c.certificate_id > $2)
        order by c.certificate_id limit $3
        """;

    const string OfTemplate = $"""
        with page as (select seq_id, stream_id, type, data from mt_events where seq_id > $2 order by seq_id limit $3),
        chosen as (
            select seq_id, substr(stream_id, 11) as certificate_id from page
            where type = 'principal.provisioned.v1' and data ->> 'templateName' = $1 and ($4 is null or (data ->> 'templateVersion')::int = $4)
            order by seq_id limit $5),
        reach as (select case when (select count(*) from chosen) = $5 then (select max(seq_id) from chosen) else (select max(seq_id) from page) end as last)
        select c.certificate_id, {Things}, reach.last from reach left join chosen c on true order by c.seq_id
        """;

    public static async Task<CertificatesSelected> Handle(Query query, NpgsqlDataSource database, CancellationToken cancellation)
    {
        var limit = Math.Clamp(query.Limit, 1, MaximumLimit);
        if (query.Selector is not { } selector)
            return new() { Items = (await Read(database, Named, cancellation, Listing.Texts(query.CertificateIds.Take(MaximumLimit)))).Items };
        if (selector.Kind == SelectorKind.Template) return await ReadTemplate(database, selector, query.After, limit, cancellation);

        var select = selector.Kind switch
        {
            SelectorKind.Thing => OfThing,
            SelectorKind.Group => OfGroup,
            SelectorKind.PublicKey => OfKey,
            SelectorKind.Issuer => OfAuthority,
            _ => throw new ArgumentOutOfRangeException(nameof(query), selector.Kind, "The registry does not select by this."),
        };
        var (items, _) = await Read(
            database, select, cancellation, Listing.Text(selector.Value), Listing.Text(query.After), new() { Value = limit });
        return new() { Items = items, Next = items.Count == limit ? items[^1].CertificateId : null };
    }

    static async Task<CertificatesSelected> ReadTemplate(
        NpgsqlDataSource database, CertificateSelector selector, string? after, int limit, CancellationToken cancellation)
    {
        var position = after is null ? 0 : long.Parse(after, NumberStyles.None, CultureInfo.InvariantCulture);
        var (items, last) = await Read(
            database, OfTemplate, cancellation, Listing.Text(selector.Value), new() { Value = position }, new() { Value = EventsPerPage },
            new() { NpgsqlDbType = NpgsqlDbType.Integer, Value = (object?)selector.Version ?? DBNull.Value }, new() { Value = limit });
        return new() { Items = items, Next = last?.ToString(CultureInfo.InvariantCulture) };
    }

    static async Task<(List<SelectedCertificate> Items, long? Last)> Read(
        NpgsqlDataSource database, string select, CancellationToken cancellation, params NpgsqlParameter[] parameters)
    {
        await using var command = database.CreateCommand(select);
        command.Parameters.AddRange(parameters);
        var items = new List<SelectedCertificate>();
        long? last = null;
        await using var rows = await command.ExecuteReaderAsync(cancellation);
        while (await rows.ReadAsync(cancellation))
        {
            if (rows.FieldCount > 2) last = rows.IsDBNull(2) ? null : rows.GetInt64(2);
            if (!rows.IsDBNull(0)) items.Add(new() { CertificateId = rows.GetString(0), ThingNames = rows.GetFieldValue<string[]>(1) });
        }

        return (items, last);
    }
}

sealed class SelectCertificatesConsumer(Registry registry) : IConsumer<Query>
{
    public async Task Consume(ConsumeContext<Query> context) =>
        await context.RespondAsync(await SelectCertificates.Handle(context.Message, registry.Database, context.CancellationToken));
}

/// <summary>The public keys of certificates that were registered and not issued here: their issuer tells nobody else of them.</summary>
sealed class RegisteredKeysTable : IInlineProjection
{
    public string Name => "registered-keys";

    public IReadOnlyList<string> Tables { get; } = ["fleet_registered_keys"];

    public string Schema => $"""
        create table if not exists fleet_registered_keys (
            key_hash text collate "C" not null,
            certificate_id text collate "C" not null,
            primary key (key_hash, certificate_id));
        {KeyClaims.Schema}
        """;

    public void Project(RecordedEvent e, ProjectionBatch batch)
    {
        if (e.Data is not PrincipalRegistered { FlowId: null, ClaimForTemplate: null } registered) return;
        var key = Pki.CertificateText.ReadPem(registered.CertificatePem).SubjectPublicKeyInfo;
        batch.Add("insert into fleet_registered_keys (key_hash, certificate_id) values ($1, $2) on conflict do nothing",
            Listing.Text(Convert.ToHexStringLower(System.Security.Cryptography.SHA256.HashData(key.Span))), Listing.Text(e.StreamId.Key));
    }
}
