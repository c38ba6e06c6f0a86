using System.Globalization;
using System.Security.Cryptography;
using FleetPlatform.Contracts.CertificateAuthority;
using FleetPlatform.Contracts.Revocation;
using FleetPlatform.Pki;
using FleetPlatform.Revocation.Certificates;
using FleetPlatform.Revocation.Lists;
using MassTransit;
using Npgsql;
using NpgsqlTypes;

namespace FleetPlatform.Revocation.Issued;

/// <summary>
/// Every certificate that the authority has issued: by whom it was asked for, on which key, under which serial number. A copy of the
/// authority's facts, kept from what it publishes; what tells "good" from "unknown".
/// </summary>
sealed class IssuedCertificates(NpgsqlDataSource database)
{
    const string Insert = """
        with fresh as (
            insert into fleet_issued (certificate_id, issuer_id, serial, shard, not_after, requested_by, key_hash)
            select * from unnest($1::text[], $2::text[], $3::bytea[], $4::int[], $5::timestamptz[], $6::text[], $7::text[])
            on conflict (certificate_id) do nothing returning certificate_id)
        insert into fleet_log_pending (certificate_id) select certificate_id from fresh
        """;

    /// <summary>Takes note. News that comes twice changes nothing.</summary>
    public async Task Add(CertificatesIssued news, CancellationToken cancellation)
    {
        var items = news.Items.Where(item => CertificateTrust.IsCertificateId(item.CertificateId)).DistinctBy(item => item.CertificateId, StringComparer.Ordinal)
            .OrderBy(item => item.CertificateId, StringComparer.Ordinal).ToArray();
        var texts = items.ToDictionary(item => item.CertificateId, item => CertificateText.ReadPem(item.CertificatePem), StringComparer.Ordinal);
        await using var insert = database.CreateCommand(Insert);
        insert.Parameters.Add(TrustTable.Texts(items.Select(item => item.CertificateId)));
        insert.Parameters.Add(TrustTable.Texts(items.Select(item => item.IssuerId)));
        insert.Parameters.Add(Array(NpgsqlDbType.Bytea, items.Select(item => Convert.FromHexString(item.SerialNumber))));
        insert.Parameters.Add(Array(NpgsqlDbType.Integer, items.Select(item => ShardOf(texts[item.CertificateId]))));
        insert.Parameters.Add(Array(NpgsqlDbType.TimestampTz, items.Select(item => item.NotAfter.UtcDateTime)));
        insert.Parameters.Add(TrustTable.Texts(items.Select(item => item.RequestedBy)));
        insert.Parameters.Add(TrustTable.Texts(items.Select(item => KeyHashOf(texts[item.CertificateId]))));
        await insert.ExecuteNonQueryAsync(cancellation);
    }

    /// <summary>A page of certificate ids, in order.</summary>
    public async Task<IReadOnlyList<string>> Select(CertificateSelector selector, string? after, int limit, CancellationToken cancellation)
    {
        var column = selector.Kind switch
        {
            SelectorKind.Claim => "requested_by",
            SelectorKind.Issuer => "issuer_id",
            SelectorKind.PublicKey => "key_hash",
            _ => throw new ArgumentOutOfRangeException(nameof(selector), selector.Kind, "Not selected by what was issued."),
        };
        await using var select = database.CreateCommand(
            $"select certificate_id from fleet_issued where {column} = $1 and ($2 is null or certificate_id > $2) order by certificate_id limit $3");
        select.Parameters.Add(TrustTable.Text(selector.Value));
        select.Parameters.Add(TrustTable.Text(after));
        select.Parameters.Add(new() { Value = limit });
        var ids = new List<string>();
        await using var rows = await select.ExecuteReaderAsync(cancellation);
        while (await rows.ReadAsync(cancellation)) ids.Add(rows.GetString(0));
        return ids;
    }

    static NpgsqlParameter Array<T>(NpgsqlDbType type, IEnumerable<T> values) => new() { NpgsqlDbType = NpgsqlDbType.Array | type, Value = values.ToArray() };

    static string KeyHashOf(CertificateText certificate) => Convert.ToHexStringLower(SHA256.HashData(certificate.SubjectPublicKeyInfo.Span));

    // The list that its distribution point names, for example 7 of http://…/issuing-1/7.crl; -1 for a certificate that names none.
    static int ShardOf(CertificateText certificate) =>
        certificate.RevocationListUrl is { } url && Path.GetFileNameWithoutExtension(url) is var name
            && int.TryParse(name, NumberStyles.None, CultureInfo.InvariantCulture, out var shard) ? shard : -1;
}

sealed class CertificatesIssuedConsumer(IssuedCertificates issued, Entries entries) : IConsumer<CertificatesIssued>
{
    public async Task Consume(ConsumeContext<CertificatesIssued> context)
    {
        await issued.Add(context.Message, context.CancellationToken);
        await entries.Update(context.Message.Items.Select(item => item.CertificateId), context.CancellationToken); // one may have been revoked already
    }
}

/// <summary>The table's schema. It is filled by messages, not by events of this store, so there is nothing to project.</summary>
sealed class IssuedTable : Events.IInlineProjection
{
    public string Name => "issued";

    public IReadOnlyList<string> Tables => [];

    public string Schema => """
        create table if not exists fleet_issued (
            certificate_id text collate "C" primary key,
            issuer_id text collate "C" not null,
            serial bytea not null,
            shard int not null,
            not_after timestamptz not null,
            requested_by text collate "C" not null,
            key_hash text collate "C" not null);
        create unique index if not exists fleet_issued_serial on fleet_issued (issuer_id, serial);
        create index if not exists fleet_issued_of_issuer on fleet_issued (issuer_id, certificate_id);
        create index if not exists fleet_issued_of_claim on fleet_issued (requested_by, certificate_id);
        create index if not exists fleet_issued_of_key on fleet_issued (key_hash, certificate_id);
        -- What the transparency log does not have yet. A table of its own: a mark in the row above would write every index of it anew.
        -- Numbered as they come, so that what is taken first lies at one end of the index, whose pages are then empty for good.
        create table if not exists fleet_log_pending (number bigint generated always as identity primary key, certificate_id text collate "C" not null);
        do $$ begin
            if not exists (select from information_schema.columns where table_schema = current_schema and table_name = 'fleet_log_pending' and column_name = 'number') then
                alter table fleet_log_pending drop constraint fleet_log_pending_pkey;
                alter table fleet_log_pending add column number bigint generated always as identity primary key;
            end if;
            if exists (select from information_schema.columns where table_schema = current_schema and table_name = 'fleet_issued' and column_name = 'logged') then
                insert into fleet_log_pending (certificate_id) select certificate_id from fleet_issued where not logged;
                alter table fleet_issued drop column logged;
            end if;
        end $$;
        """;

    public void Project(Events.RecordedEvent e, Events.ProjectionBatch batch)
    {
    }
}
