using FleetPlatform.Events;

namespace FleetPlatform.RotationScheduler.Certificates;

/// <summary>
/// Every registered certificate of the fleet, and which of them devices use. Fed by what others publish and not by this service's events:
/// it stands among the projections for its schema alone, and a rebuild leaves it as it is.
/// </summary>
sealed class CertificatesTable : IInlineProjection
{
    public string Name => "certificates";

    public IReadOnlyList<string> Tables { get; } = [];

    public string Schema => """
        create table if not exists fleet_certificates (
            certificate_id text collate "C" primary key,
            version bigint not null,
            read_at timestamptz not null,
            status text null,
            thing_name text collate "C" null,
            groups text[] not null,
            template text collate "C" null,
            issuer text collate "C" not null,
            public_key text collate "C" not null,
            not_before timestamptz null,
            not_after timestamptz null,
            renewal_of text collate "C" null,
            scope text collate "C" null,
            due_at timestamptz null,
            alerted_days int null);
        create index if not exists fleet_certificates_of_thing on fleet_certificates (thing_name);
        create index if not exists fleet_certificates_due on fleet_certificates (due_at) where due_at is not null and status = 'Active';
        create index if not exists fleet_certificates_expiring on fleet_certificates (not_after) where status = 'Active' and thing_name is not null;
        create table if not exists fleet_uses (
            certificate_id text collate "C" primary key,
            thing_name text collate "C" not null,
            connected_at timestamptz null,
            published_at timestamptz null);
        """;

    public void Project(RecordedEvent e, ProjectionBatch batch)
    {
    }
}
