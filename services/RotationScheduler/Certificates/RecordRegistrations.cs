using System.Security.Cryptography;
using FleetPlatform.Contracts.ThingRegistry;
using FleetPlatform.Events;
using FleetPlatform.Pki;
using FleetPlatform.RotationScheduler.Renewals;
using FleetPlatform.RotationScheduler.Rotations;
using MassTransit;

namespace FleetPlatform.RotationScheduler.Certificates;

/// <summary>A registration as the table holds it.</summary>
sealed record CertificateRow(
    string CertificateId, long Version, DateTimeOffset ReadAt, string? Status, string? ThingName, IReadOnlyList<string> Groups, string? Template,
    string Issuer, string PublicKey, DateTimeOffset? NotBefore, DateTimeOffset? NotAfter, string? RenewalOf, string? Scope, DateTimeOffset? DueAt)
{
    /// <summary>When it was registered for its thing, by the registry's clock.</summary>
    public required DateTimeOffset RegisteredAt { get; init; }

    /// <summary>What a registration says, and when the policies have it renewed. Pure.</summary>
    public static CertificateRow Of(Registration registration, IReadOnlyDictionary<string, RenewalRule> rules)
    {
        var text = registration.CertificatePem is { } pem ? Read(pem) : null;
        var groups = registration.Things.SelectMany(thing => thing.Groups).Distinct(StringComparer.Ordinal).ToArray();
        var rule = RenewalRules.Of(rules, groups, registration.TemplateName);
        return new(
            registration.CertificateId, registration.Version, registration.ReadAt, registration.Status?.ToString(),
            registration.Things is [var thing, ..] ? thing.ThingName : null, groups, registration.TemplateName,
            text?.Issuer.ToString() ?? "", text is null ? "" : Convert.ToHexStringLower(SHA256.HashData(text.SubjectPublicKeyInfo.Span)),
            text?.NotBefore, text?.NotAfter, registration.RenewalOf, rule?.Scope,
            rule is null || text is null ? null : RenewalWindow.DueAt(rule, registration.CertificateId, text.NotBefore, text.NotAfter))
        {
            RegisteredAt = registration.RegisteredAt ?? registration.ReadAt,
        };
    }

    // Registered without a CA, a certificate may be anything that the registry took; unreadable here, it has no dates and is never due.
    static CertificateText? Read(string pem)
    {
        try
        {
            return CertificateText.ReadPem(pem);
        }
        catch (PkiException)
        {
            return null;
        }
    }
}

/// <summary>Keeps the table of the fleet's certificates, and tells rotations of certificates that were made for them.</summary>
sealed class RecordRegistrations(EventStore store, RenewalRules rules)
{
    const string Upsert = """
        insert into fleet_certificates as c (certificate_id, version, read_at, status, thing_name, groups, template, issuer, public_key,
            not_before, not_after, renewal_of, scope, due_at)
        select id, version, read_at, status, thing, case when groups = '' then '{}' else string_to_array(groups, ',') end, template, issuer, key,
            not_before, not_after, renewal_of, scope, due_at
        from unnest($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14)
            as row (id, version, read_at, status, thing, groups, template, issuer, key, not_before, not_after, renewal_of, scope, due_at)
        on conflict (certificate_id) do update set version = excluded.version, read_at = excluded.read_at, status = excluded.status,
            thing_name = excluded.thing_name, groups = excluded.groups, template = excluded.template, issuer = excluded.issuer,
            public_key = excluded.public_key, not_before = excluded.not_before, not_after = excluded.not_after,
            renewal_of = excluded.renewal_of, scope = excluded.scope, due_at = excluded.due_at
        where (c.version, c.read_at) < (excluded.version, excluded.read_at)
        """;

    /// <summary>Stores what is newer than what the table has. Sorted, so that two writers take the rows in the same order.</summary>
    public async Task<IReadOnlyList<CertificateRow>> Store(IEnumerable<Registration> registrations, CancellationToken cancellation)
    {
        var known = await rules.Read(cancellation);
        CertificateRow[] rows = [.. registrations.Select(registration => CertificateRow.Of(registration, known))
            .OrderBy(row => row.CertificateId, StringComparer.Ordinal)];
        await using var command = store.DataSource.CreateCommand(Upsert);
        command.Parameters.AddRange((Npgsql.NpgsqlParameter[])
        [
            Sql.Texts(rows.Select(row => row.CertificateId)), Sql.Numbers(rows.Select(row => row.Version)), Sql.Times(rows.Select(row => (DateTimeOffset?)row.ReadAt)),
            Sql.Texts(rows.Select(row => row.Status)), Sql.Texts(rows.Select(row => row.ThingName)), Sql.Texts(rows.Select(row => string.Join(',', row.Groups))),
            Sql.Texts(rows.Select(row => row.Template)), Sql.Texts(rows.Select(row => row.Issuer)), Sql.Texts(rows.Select(row => row.PublicKey)),
            Sql.Times(rows.Select(row => row.NotBefore)), Sql.Times(rows.Select(row => row.NotAfter)), Sql.Texts(rows.Select(row => row.RenewalOf)),
            Sql.Texts(rows.Select(row => row.Scope)), Sql.Times(rows.Select(row => row.DueAt)),
        ]);
        await command.ExecuteNonQueryAsync(cancellation);
        return rows;
    }
}

sealed class RegistrationsChangedConsumer(RecordRegistrations table, AcceptCertificate rotations) : IConsumer<RegistrationsChanged>
{
    public async Task Consume(ConsumeContext<RegistrationsChanged> context)
    {
        var rows = await table.Store(context.Message.Items, context.CancellationToken);
        var renewed = rows.Where(row => row is { RenewalOf: not null, ThingName: not null, Status: nameof(CertificateStatus.Active) }).GroupBy(row => row.ThingName, StringComparer.Ordinal);
        await Concurrently.Each(renewed, async thing =>
        {
            foreach (var row in thing) await rotations.Handle(row, context.CancellationToken);
        }, context.CancellationToken);
    }
}
