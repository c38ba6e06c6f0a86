using FleetPlatform.Events;
using Npgsql;
using NpgsqlTypes;

namespace FleetPlatform.Revocation.Certificates;

/// <summary>
/// Read tables: what is or was not trusted, and where its last change took effect. <c>position</c> numbers changes in the order in which
/// they were published; the publishing subscription fills it, which is the only writer of it.
/// </summary>
sealed class TrustTable : IInlineProjection
{
    public string Name => "trust";

    public IReadOnlyList<string> Tables { get; } = ["fleet_trust", "fleet_effects"];

    public string Schema => """
        create table if not exists fleet_trust (
            certificate_id text collate "C" primary key,
            reason text null,
            since timestamptz not null,
            version bigint not null,
            order_id text collate "C" null,
            requested_by text not null,
            position bigint null);
        create sequence if not exists fleet_trust_positions;
        create index if not exists fleet_trust_in_order on fleet_trust (position);
        create index if not exists fleet_trust_of_order on fleet_trust (order_id) where order_id is not null;
        create table if not exists fleet_effects (
            certificate_id text collate "C" not null,
            place text not null,
            version bigint not null,
            at timestamptz not null,
            sessions int not null,
            primary key (certificate_id, place));
        """;

    public void Project(RecordedEvent e, ProjectionBatch batch)
    {
        switch (e.Data)
        {
            case CertificateRevoked revoked: Change(e, batch, revoked.Reason.ToString(), revoked.RevokedAt, revoked.RequestedBy); break;
            case RevocationReasonRaised raised: Change(e, batch, raised.Reason.ToString(), raised.RevokedAt, raised.RequestedBy); break;
            case CertificateReinstated lifted: Change(e, batch, null, lifted.ReinstatedAt, lifted.RequestedBy); break;
            case ChangeTookEffect effect:
                batch.Add("""
                    insert into fleet_effects (certificate_id, place, version, at, sessions) values ($1, $2, $3, $4, $5)
                    on conflict (certificate_id, place) do update set version = excluded.version, at = excluded.at, sessions = excluded.sessions
                    where fleet_effects.version < excluded.version
                    """, Text(e.StreamId.Key), Text(effect.By), new() { Value = effect.ChangeVersion }, At(effect.At), new() { Value = effect.SessionsClosed });
                break;
        }
    }

    static void Change(RecordedEvent e, ProjectionBatch batch, string? reason, DateTimeOffset since, string requestedBy) => batch.Add("""
        insert into fleet_trust (certificate_id, reason, since, version, order_id, requested_by) values ($1, $2, $3, $4, $5, $6)
        on conflict (certificate_id) do update set reason = excluded.reason, since = excluded.since, version = excluded.version,
            order_id = excluded.order_id, requested_by = excluded.requested_by
        """, Text(e.StreamId.Key), Text(reason), At(since), new() { Value = e.Version }, Text(e.Metadata.CorrelationId), Text(requestedBy));

    public static NpgsqlParameter Text(string? value) => new() { NpgsqlDbType = NpgsqlDbType.Text, Value = (object?)value ?? DBNull.Value };

    public static NpgsqlParameter Texts(IEnumerable<string> values) => new() { NpgsqlDbType = NpgsqlDbType.Array | NpgsqlDbType.Text, Value = values.ToArray() };

    public static NpgsqlParameter At(DateTimeOffset at) => new() { NpgsqlDbType = NpgsqlDbType.TimestampTz, Value = at.ToUniversalTime() };
}
