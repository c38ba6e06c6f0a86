using NpgsqlTypes;

namespace FleetPlatform.ThingRegistry.Principals;

/// <summary>The read tables of registered certificates, and of what is attached to them. Principals that are gone have no rows.</summary>
sealed class PrincipalsTable : IInlineProjection
{
    const string Change = "update fleet_principals set version = $2, modified_at = $3, changes = changes + 1";

    public string Name => "principals";

    public IReadOnlyList<string> Tables { get; } = ["fleet_principals", "fleet_attachments", "fleet_principal_policies"];

    public string Schema => """
        create table if not exists fleet_principals (
            certificate_id text collate "C" primary key,
            status text not null,
            version bigint not null,
            changes int not null,
            created_at timestamptz not null,
            modified_at timestamptz not null,
            not_before timestamptz null,
            not_after timestamptz null,
            claim_for_template text null,
            expires_at timestamptz null);
        alter table fleet_principals add column if not exists watch_until timestamptz null;
        alter table fleet_principals add column if not exists ca_certificate_id text collate "C" null;
        alter table fleet_principals add column if not exists sni_only boolean not null default false;
        create index if not exists fleet_principals_of_ca on fleet_principals (ca_certificate_id, created_at, certificate_id) where ca_certificate_id is not null;
        create index if not exists fleet_principals_under_ca on fleet_principals (ca_certificate_id, certificate_id) where ca_certificate_id is not null;
        create index if not exists fleet_principals_in_order on fleet_principals (created_at, certificate_id);
        create index if not exists fleet_principals_pending on fleet_principals (created_at) where status = 'PendingActivation';
        create index if not exists fleet_principals_claims on fleet_principals (expires_at) where expires_at is not null;
        create table if not exists fleet_attachments (
            certificate_id text collate "C" not null,
            thing_name text collate "C" not null,
            thing_id uuid not null,
            exclusive boolean not null,
            primary key (certificate_id, thing_name));
        create index if not exists fleet_attachments_of_thing on fleet_attachments (thing_name, certificate_id);
        create table if not exists fleet_principal_policies (
            certificate_id text collate "C" not null,
            policy_name text collate "C" not null,
            incarnation int not null,
            primary key (certificate_id, policy_name));
        create index if not exists fleet_principal_policies_of_policy on fleet_principal_policies (policy_name, certificate_id);
        """;

    public void Project(RecordedEvent @event, ProjectionBatch batch)
    {
        if (@event.Data is not PrincipalEvent) return;
        var row = new Row(batch, @event.StreamId.Key, @event.Version);
        switch (@event.Data)
        {
            case PrincipalRegistered e: row.Register(e); break;
            case CertificateRecorded e: row.Record(e); break;
            case PrincipalProvisioned e: row.Provision(e); break;
            case ThingAttached e:
                row.Attach(new AttachedThing(e.ThingName, e.ThingId, e.Exclusive));
                row.Touch(e.At);
                break;
            case ThingDetached e:
                batch.Add("delete from fleet_attachments where certificate_id = $1 and thing_name = $2", row.Id, Listing.Text(e.ThingName));
                row.Touch(e.At);
                break;
            case PolicyAttached e:
                row.Attach([new(e.PolicyName, e.Incarnation)]);
                row.Touch(e.At);
                break;
            case PolicyDetached e:
                batch.Add("delete from fleet_principal_policies where certificate_id = $1 and policy_name = $2", row.Id, Listing.Text(e.PolicyName));
                row.Touch(e.At);
                break;
            case StatusChanged e: row.SetStatus(e.Status, e.At); break;
            case PrincipalRenewed e:
                row.Touch(e.At);
                row.Watch(e.WatchUntil);
                break;
            case PrincipalRevoked { Was: not PrincipalStatus.Gone } e: row.SetStatus(PrincipalStatus.Revoked, e.At); break;
            case PrincipalSuspended { Was: not PrincipalStatus.Gone } e: row.SetStatus(PrincipalStatus.Inactive, e.At); break;
            case PrincipalReinstated { Status: not PrincipalStatus.Gone } e: row.SetStatus(e.Status, e.At); break;
            case PrincipalExpired or PrincipalDeleted: row.Remove(); break;
        }
    }

    /// <summary>The statements for one principal.</summary>
    readonly record struct Row(ProjectionBatch Batch, string CertificateId, long Version)
    {
        public NpgsqlParameter Id => Listing.Text(CertificateId);

        NpgsqlParameter AtVersion => new() { Value = Version };

        ProjectionColumn IdColumn => Listing.TextColumn(CertificateId);

        ProjectionColumn VersionColumn => ProjectionColumn.Of(NpgsqlDbType.Bigint, Version);

        public void Register(PrincipalRegistered e) => Batch.AddRows("""
            insert into fleet_principals (certificate_id, status, version, changes, created_at, modified_at, not_before, not_after, claim_for_template, expires_at, ca_certificate_id, sni_only)
            select id, status, version, 0, at, at, not_before, not_after, template, expires_at, ca, sni
            from unnest($1::text[], $2::text[], $3::bigint[], $4::timestamptz[], $5::timestamptz[], $6::timestamptz[], $7::text[], $8::timestamptz[], $9::text[], $10::bool[])
                row (id, status, version, at, not_before, not_after, template, expires_at, ca, sni)
            """, IdColumn, Listing.TextColumn(e.Status.ToString()), VersionColumn, AtColumn(e.At), AtColumn(e.NotBefore), AtColumn(e.NotAfter),
            Listing.TextColumn(e.ClaimForTemplate), AtColumn(e.ExpiresAt), Listing.TextColumn(e.CaCertificateId), ProjectionColumn.Of(NpgsqlDbType.Boolean, e.SniOnly));

        public void Record(CertificateRecorded e) => Batch.AddRows("""
            update fleet_principals p set version = row.version, created_at = row.at, not_before = row.not_before, not_after = row.not_after
            from unnest($1::text[], $2::bigint[], $3::timestamptz[], $4::timestamptz[], $5::timestamptz[]) row (id, version, at, not_before, not_after)
            where p.certificate_id = row.id
            """, IdColumn, VersionColumn, AtColumn(e.IssuedAt), AtColumn(e.NotBefore), AtColumn(e.NotAfter));

        public void Provision(PrincipalProvisioned e)
        {
            SetStatus(e.Status, e.At, e.Certificate);
            if (e.Thing is { } thing) Attach(thing);
            if (e.Policies.Count > 0) Attach(e.Policies);
            if (e.WatchUntil is { } until) Watch(until);
        }

        public void Watch(DateTimeOffset until) =>
            Batch.Add("update fleet_principals set watch_until = $2 where certificate_id = $1", Id, At(until));

        // Also for a certificate that nobody registered before: provisioned or revoked before the news of its issuance came.
        public void SetStatus(PrincipalStatus status, DateTimeOffset at, ProvisionedCertificate? certificate = null) => Batch.AddRows("""
            insert into fleet_principals (certificate_id, status, version, changes, created_at, modified_at, not_before, not_after)
            select id, status, version, 1, at, at, not_before, not_after
            from unnest($1::text[], $2::text[], $3::bigint[], $4::timestamptz[], $5::timestamptz[], $6::timestamptz[]) row (id, status, version, at, not_before, not_after)
            on conflict (certificate_id) do update set status = excluded.status, version = excluded.version, modified_at = excluded.modified_at, changes = fleet_principals.changes + 1,
                not_before = coalesce(excluded.not_before, fleet_principals.not_before), not_after = coalesce(excluded.not_after, fleet_principals.not_after)
            """, IdColumn, Listing.TextColumn(status.ToString()), VersionColumn, AtColumn(at), AtColumn(certificate?.NotBefore), AtColumn(certificate?.NotAfter));

        public void Touch(DateTimeOffset at) => Batch.Add(Change + " where certificate_id = $1", Id, AtVersion, At(at));

        public void Attach(AttachedThing thing) => Batch.AddRows("""
            insert into fleet_attachments (certificate_id, thing_name, thing_id, exclusive) select * from unnest($1::text[], $2::text[], $3::uuid[], $4::bool[])
            on conflict (certificate_id, thing_name) do update set thing_id = excluded.thing_id, exclusive = excluded.exclusive
            """, IdColumn, Listing.TextColumn(thing.ThingName), ProjectionColumn.Of(NpgsqlDbType.Uuid, thing.ThingId), ProjectionColumn.Of(NpgsqlDbType.Boolean, thing.Exclusive));

        public void Attach(IReadOnlyList<AttachedPolicy> policies) => Batch.AddRows("""
            insert into fleet_principal_policies (certificate_id, policy_name, incarnation) select * from unnest($1::text[], $2::text[], $3::int[])
            on conflict (certificate_id, policy_name) do update set incarnation = excluded.incarnation
            """, ProjectionColumn.OfMany(NpgsqlDbType.Text, [.. Enumerable.Repeat(CertificateId, policies.Count)]),
            ProjectionColumn.OfMany(NpgsqlDbType.Text, [.. policies.Select(policy => policy.PolicyName)]),
            ProjectionColumn.OfMany(NpgsqlDbType.Integer, [.. policies.Select(policy => policy.Incarnation)]));

        public void Remove()
        {
            Batch.Add("delete from fleet_attachments where certificate_id = $1", Id);
            Batch.Add("delete from fleet_principal_policies where certificate_id = $1", Id);
            Batch.Add("delete from fleet_principals where certificate_id = $1", Id);
        }

        static NpgsqlParameter At(DateTimeOffset at) => new() { NpgsqlDbType = NpgsqlDbType.TimestampTz, Value = at.ToUniversalTime() };

        static ProjectionColumn AtColumn(DateTimeOffset? at) => ProjectionColumn.Of(NpgsqlDbType.TimestampTz, at?.UtcDateTime);
    }
}
