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
            case PrincipalSuspended e: row.SetStatus(PrincipalStatus.Inactive, e.At); break;
            case PrincipalReinstated e: row.SetStatus(e.Status, e.At); break;
            case PrincipalExpired or PrincipalDeleted: row.Remove(); break;
        }
    }

    /// <summary>The statements for one principal.</summary>
    readonly record struct Row(ProjectionBatch Batch, string CertificateId, long Version)
    {
        public NpgsqlParameter Id => Listing.Text(CertificateId);

        NpgsqlParameter AtVersion => new() { Value = Version };

        public void Register(PrincipalRegistered e) => Batch.Add("""
            insert into fleet_principals
                (certificate_id, status, version, changes, created_at, modified_at, not_before, not_after, claim_for_template, expires_at,
                ca_certificate_id, sni_only)
            values ($1, $2, $3, 0, $4, $4, $5, $6, $7, $8, $9, $10)
            """, Id, Listing.Text(e.Status.ToString()), AtVersion, At(e.At), At(e.NotBefore), At(e.NotAfter), Listing.Text(e.ClaimForTemplate), At(e.ExpiresAt),
            Listing.Text(e.CaCertificateId), new() { Value = e.SniOnly });

        public void Record(CertificateRecorded e) => Batch.Add(
            "update fleet_principals set version = $2, created_at = $3, not_before = $4, not_after = $5 where certificate_id = $1",
            Id, AtVersion, At(e.IssuedAt), At(e.NotBefore), At(e.NotAfter));

        public void Provision(PrincipalProvisioned e)
        {
            SetStatus(e.Status, e.At);
            if (e.Thing is { } thing) Attach(thing);
            if (e.Policies.Count > 0) Attach(e.Policies);
            if (e.WatchUntil is { } until) Watch(until);
        }

        public void Watch(DateTimeOffset until) =>
            Batch.Add("update fleet_principals set watch_until = $2 where certificate_id = $1", Id, At(until));

        // Also for a certificate that nobody registered before: provisioned or revoked before the news of its issuance came.
        public void SetStatus(PrincipalStatus status, DateTimeOffset at) => Batch.Add("""
            insert into fleet_principals (certificate_id, status, version, changes, created_at, modified_at) values ($1, $2, $3, 1, $4, $4)
            on conflict (certificate_id) do update set status = excluded.status, version = excluded.version,
                modified_at = excluded.modified_at, changes = fleet_principals.changes + 1
            """, Id, Listing.Text(status.ToString()), AtVersion, At(at));

        public void Touch(DateTimeOffset at) => Batch.Add(Change + " where certificate_id = $1", Id, AtVersion, At(at));

        public void Attach(AttachedThing thing) => Batch.Add("""
            insert into fleet_attachments (certificate_id, thing_name, thing_id, exclusive) values ($1, $2, $3, $4)
            on conflict (certificate_id, thing_name) do update set thing_id = excluded.thing_id, exclusive = excluded.exclusive
            """, Id, Listing.Text(thing.ThingName), new() { Value = thing.ThingId }, new() { Value = thing.Exclusive });

        public void Attach(IReadOnlyList<AttachedPolicy> policies) => Batch.Add("""
            insert into fleet_principal_policies (certificate_id, policy_name, incarnation) select $1, * from unnest($2::text[], $3::int[])
            on conflict (certificate_id, policy_name) do update set incarnation = excluded.incarnation
            """, Id, Listing.Texts(policies.Select(policy => policy.PolicyName)),
            new() { NpgsqlDbType = NpgsqlDbType.Array | NpgsqlDbType.Integer, Value = policies.Select(policy => policy.Incarnation).ToArray() });

        public void Remove()
        {
            Batch.Add("delete from fleet_attachments where certificate_id = $1", Id);
            Batch.Add("delete from fleet_principal_policies where certificate_id = $1", Id);
            Batch.Add("delete from fleet_principals where certificate_id = $1", Id);
        }

        static NpgsqlParameter At(DateTimeOffset? at) =>
            new() { NpgsqlDbType = NpgsqlDbType.TimestampTz, Value = at is { } time ? time.ToUniversalTime() : DBNull.Value };
    }
}
