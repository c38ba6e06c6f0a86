using FleetPlatform.Contracts;
using FleetPlatform.Contracts.RotationScheduler;
using FleetPlatform.Contracts.ThingRegistry;
using FleetPlatform.Events;
using FleetPlatform.RotationScheduler.Renewals;
using FleetPlatform.ServiceDefaults;
using MassTransit;
using Npgsql;

namespace FleetPlatform.RotationScheduler.Rotations;

/// <summary>A certificate of a thing, and what decides about its policy.</summary>
sealed record ThingCertificate(CertificateView View, IReadOnlyList<string> Groups, string? Template);

/// <summary>The certificates of a thing, from the table of the fleet.</summary>
sealed class CertificatesOfThing(EventStore store)
{
    /// <summary>Whose certificate it is; null when it is no thing's.</summary>
    public async Task<string?> FindThing(string certificateId, CancellationToken cancellation)
    {
        await using var command = store.DataSource.CreateCommand("select thing_name from fleet_certificates where certificate_id = $1");
        command.Parameters.Add(Sql.Text(certificateId));
        return await command.ExecuteScalarAsync(cancellation) as string;
    }

    public async Task<IReadOnlyList<ThingCertificate>> Find(string thing, CancellationToken cancellation)
    {
        await using var command = store.DataSource.CreateCommand("""
            select certificate_id, status, issuer, not_before, not_after, due_at, scope, groups, template from fleet_certificates
            where thing_name = $1 and status is not null and not_after is not null order by not_before desc limit 50
            """);
        command.Parameters.Add(Sql.Text(thing));
        await using var reader = await command.ExecuteReaderAsync(cancellation);
        var found = new List<ThingCertificate>();
        while (await reader.ReadAsync(cancellation))
        {
            var status = Enum.Parse<CertificateStatus>(reader.GetString(1));
            found.Add(new(new()
            {
                CertificateId = reader.GetString(0),
                Status = status,
                Issuer = reader.GetString(2),
                NotBefore = reader.GetFieldValue<DateTimeOffset>(3),
                NotAfter = reader.GetFieldValue<DateTimeOffset>(4),
                DueAt = status == CertificateStatus.Active ? reader.Time(5) : null,
                Scope = reader.Text(6),
            }, reader.GetFieldValue<string[]>(7), reader.Text(8)));
        }

        return found;
    }
}

sealed class ShowRotationsConsumer(EventStore store, CertificatesOfThing certificates, RenewalRules rules, RotationsTable table, TimeProvider clock) : IConsumer<ShowRotations>
{
    public async Task Consume(ConsumeContext<ShowRotations> context)
    {
        var (thing, cancellation) = (context.Message.ThingName, context.CancellationToken);
        var known = await certificates.Find(thing, cancellation);
        var rotations = await Read(thing, cancellation);
        await (known.Count == 0 && rotations.Count == 0
            ? context.RespondAsync(Reasons.NotFound.ToRefused($"Nothing is known of a thing {thing} with a certificate."))
            : context.RespondAsync(new ThingRotations { Certificates = await WithGrace(thing, known, cancellation), Rotations = rotations }));
    }

    async Task<IReadOnlyList<CertificateView>> WithGrace(string thing, IReadOnlyList<ThingCertificate> known, CancellationToken cancellation)
    {
        var now = clock.GetUtcNow();
        if (!known.Any(row => row.View.NotAfter < now)) return [.. known.Select(row => row.View)];
        var (policies, (_, latest)) = (await rules.Read(cancellation), await table.Latest(thing, cancellation));
        return
        [
            .. known.Select(row => row.View.NotAfter < now
                ? row.View with { RenewableUntil = GrantGrace.Decide(row, known, RenewalRules.Of(policies, row.Groups, row.Template), latest, now).Grace?.Until }
                : row.View),
        ];
    }

    async Task<IReadOnlyList<RotationView>> Read(string thing, CancellationToken cancellation)
    {
        await using var command = store.DataSource.CreateCommand("""
            select number, phase, attempt, old_certificate, new_certificate, campaign_id, reason, begun_at, proven_at, ended_at, wake_at, failure_code, failure_detail, expired_at
            from fleet_rotations where thing_name = $1 order by number desc limit 20
            """);
        command.Parameters.Add(Sql.Text(thing));
        await using var reader = await command.ExecuteReaderAsync(cancellation);
        var views = new List<RotationView>();
        while (await reader.ReadAsync(cancellation)) views.Add(View(thing, reader));
        return views;
    }

    static RotationView View(string thing, NpgsqlDataReader row) => new()
    {
        ThingName = thing,
        Number = row.GetInt32(0),
        Phase = row.GetString(1),
        Attempt = row.GetInt32(2),
        OldCertificateId = row.GetString(3),
        NewCertificateId = row.Text(4),
        CampaignId = row.Text(5),
        Reason = row.GetString(6),
        BegunAt = row.GetFieldValue<DateTimeOffset>(7),
        ProvenAt = row.Time(8),
        EndedAt = row.Time(9),
        NextAt = row.Time(10),
        FailureCode = row.Text(11),
        FailureDetail = row.Text(12),
        ExpiredAt = row.Time(13),
        StreamId = Rotation.StreamOf(thing, row.GetInt32(0)).Value,
    };
}
