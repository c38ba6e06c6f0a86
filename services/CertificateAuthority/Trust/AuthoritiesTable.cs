using System.Globalization;
using FleetPlatform.Contracts.CertificateAuthority;
using FleetPlatform.Contracts.ThingRegistry;
using FleetPlatform.Events;
using FleetPlatform.Pki;
using Npgsql;
using NpgsqlTypes;

namespace FleetPlatform.CertificateAuthority.Trust;

/// <summary>The read table of registered authorities. There are few: what a row does not say is in the authority's stream.</summary>
sealed class AuthoritiesTable : IInlineProjection
{
    const string Columns = "certificate, mode, active, auto_registration, template_name, template_body, role_arn, admits, created_at, modified_at, changes, sort_key";

    public string Name => "trusted-authorities";

    public IReadOnlyList<string> Tables { get; } = ["fleet_trusted_authorities"];

    public string Schema => """
        create table if not exists fleet_trusted_authorities (
            id text collate "C" primary key,
            sort_key text collate "C" not null,
            subject text collate "C" not null,
            certificate bytea not null,
            mode text not null,
            active boolean not null,
            auto_registration boolean not null,
            template_name text null,
            template_body text null,
            role_arn text null,
            admits boolean not null,
            created_at timestamptz not null,
            modified_at timestamptz not null,
            changes int not null);
        create index if not exists fleet_trusted_authorities_in_order on fleet_trusted_authorities (sort_key);
        create index if not exists fleet_trusted_authorities_of_subject on fleet_trusted_authorities (subject);
        """;

    public void Project(RecordedEvent e, ProjectionBatch batch)
    {
        switch (e.Data)
        {
            case AuthorityRegistered registered:
                batch.Add("""
                    insert into fleet_trusted_authorities (id, sort_key, subject, certificate, mode, active, auto_registration, template_name,
                        template_body, role_arn, admits, created_at, modified_at, changes)
                    values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $12, 0)
                    """, [
                    Text(registered.CaCertificateId), Text(SortKey(registered)), Text(SubjectOf(registered.Certificate)), new() { Value = registered.Certificate },
                    Text(registered.Mode.ToString()), .. Terms(registered.Terms), At(registered.At)]);
                break;
            case AuthorityChanged changed:
                batch.Add("""
                    update fleet_trusted_authorities set active = $1, auto_registration = $2, template_name = $3, template_body = $4, role_arn = $5,
                        admits = $6, modified_at = $7, changes = changes + 1 where id = $8
                    """, [.. Terms(changed.Terms), At(changed.At), Text(e.StreamId.Key)]);
                break;
            case AuthorityDeleted:
                batch.Add("delete from fleet_trusted_authorities where id = $1", Text(e.StreamId.Key));
                break;
        }
    }

    /// <summary>How many authorities have this subject.</summary>
    public static async Task<long> Count(NpgsqlDataSource database, SubjectName subject, CancellationToken cancellation)
    {
        await using var count = database.CreateCommand("select count(*) from fleet_trusted_authorities where subject = $1");
        count.Parameters.Add(Text(subject.ToString()));
        return (long)(await count.ExecuteScalarAsync(cancellation))!;
    }

    /// <summary>Active authorities, all or those with one subject.</summary>
    public static async Task<IReadOnlyList<TrustedAuthorityDescription>> Active(NpgsqlDataSource database, SubjectName? issuer, CancellationToken cancellation)
    {
        await using var find = database.CreateCommand($"select {Columns} from fleet_trusted_authorities where active and ($1 is null or subject = $1) order by sort_key");
        find.Parameters.Add(Text(issuer?.ToString()));
        return [.. (await Read(find, cancellation)).Select(row => row.Authority)];
    }

    /// <summary>One page, in order of registration.</summary>
    public static async Task<TrustedAuthoritiesListed> List(NpgsqlDataSource database, ListTrustedAuthorities query, CancellationToken cancellation)
    {
        var limit = Math.Clamp(query.Page.Limit, 1, 250);
        var (after, order) = query.Page.Descending ? ("<", "desc") : (">", "asc");
        await using var list = database.CreateCommand($"""
            select {Columns} from fleet_trusted_authorities where ($1 is null or template_name = $1) and ($2 is null or sort_key {after} $2)
            order by sort_key {order} limit $3
            """);
        list.Parameters.Add(Text(query.TemplateName));
        list.Parameters.Add(Text(query.Page.After));
        list.Parameters.Add(new() { Value = limit + 1 });
        var rows = await Read(list, cancellation);
        return new() { Items = [.. rows.Take(limit).Select(row => row.Authority)], Next = rows.Count > limit ? rows[limit - 1].SortKey : null };
    }

    static async Task<List<(TrustedAuthorityDescription Authority, string SortKey)>> Read(NpgsqlCommand command, CancellationToken cancellation)
    {
        var found = new List<(TrustedAuthorityDescription, string)>();
        await using var row = await command.ExecuteReaderAsync(cancellation);
        while (await row.ReadAsync(cancellation))
        {
            var terms = new AuthorityTerms(row.GetBoolean(2), row.GetBoolean(3), Optional(row, 4), Optional(row, 5), Optional(row, 6), row.GetBoolean(7));
            var authority = new TrustedAuthority(row.GetFieldValue<byte[]>(0), Enum.Parse<AuthorityMode>(row.GetString(1)), terms,
                row.GetFieldValue<DateTimeOffset>(8), row.GetFieldValue<DateTimeOffset>(9), row.GetInt32(10));
            found.Add((authority.Describe(), row.GetString(11)));
        }

        return found;
    }

    static string SortKey(AuthorityRegistered registered) =>
        ((registered.At.UtcTicks - DateTime.UnixEpoch.Ticks) / TimeSpan.TicksPerMicrosecond).ToString("x16", CultureInfo.InvariantCulture) + registered.CaCertificateId;

    static string SubjectOf(byte[] certificate) => CertificateText.Read(certificate).Subject.ToString();

    static NpgsqlParameter[] Terms(AuthorityTerms terms) =>
    [
        new() { Value = terms.Active }, new() { Value = terms.AutoRegistration }, Text(terms.TemplateName), Text(terms.TemplateBody), Text(terms.RoleArn),
        new() { Value = terms.AdmitsAtFirstConnection },
    ];

    static string? Optional(NpgsqlDataReader row, int column) => row.IsDBNull(column) ? null : row.GetString(column);

    static NpgsqlParameter Text(string? value) => new() { NpgsqlDbType = NpgsqlDbType.Text, Value = (object?)value ?? DBNull.Value };

    static NpgsqlParameter At(DateTimeOffset at) => new() { NpgsqlDbType = NpgsqlDbType.TimestampTz, Value = at.ToUniversalTime() };
}
