using FleetPlatform.Contracts.ThingRegistry;
using FleetPlatform.Events;
using FleetPlatform.Events.Reading;
using Npgsql;

namespace FleetPlatform.RotationScheduler.Rotations;

/// <summary>The read table of rotations: which is a thing's latest, which are due for their next step.</summary>
sealed class RotationsProjection : IInlineProjection
{
    const string Update = "update fleet_rotations set phase = $3, wake_at = $4";
    const string Where = " where thing_name = $1 and number = $2";

    public string Name => "rotations";

    public IReadOnlyList<string> Tables { get; } = ["fleet_rotations"];

    public string Schema => """
        create table if not exists fleet_rotations (
            thing_name text collate "C" not null,
            number int not null,
            phase text not null,
            attempt int not null,
            reason text not null,
            campaign_id text collate "C" null,
            scope text null,
            old_certificate text not null,
            new_certificate text null,
            begun_at timestamptz not null,
            proven_at timestamptz null,
            ended_at timestamptz null,
            wake_at timestamptz null,
            failure_code text null,
            failure_detail text null,
            primary key (thing_name, number));
        alter table fleet_rotations add column if not exists expired_at timestamptz null;
        create index if not exists fleet_rotations_due on fleet_rotations (wake_at) where wake_at is not null;
        create index if not exists fleet_rotations_of_campaign on fleet_rotations (campaign_id) where campaign_id is not null;
        create index if not exists fleet_rotations_ended on fleet_rotations (ended_at);
        """;

    public void Project(RecordedEvent e, ProjectionBatch batch)
    {
        if (e.Data is not RotationEvent) return;
        var (thing, number) = Rotation.NameOf(e.StreamId);
        var row = new Row(batch, thing, number);
        switch (e.Data)
        {
            case RotationStarted s: row.Start(s); break;
            case RotationCommanded c: row.Set("commanded", c.Deadline, ", attempt = $5", new NpgsqlParameter { Value = c.Attempt }); break;
            case CertificateOffered o: row.Offer(o); break;
            case OfferProven p:
                row.Set("overlap", p.Doomed.Count > 0 ? p.At : p.RetireAt, ", new_certificate = $5, proven_at = $6, failure_code = null, failure_detail = null", Sql.Text(p.CertificateId), Sql.Time(p.At));
                break;
            case AttemptFailed f:
                // What is doomed is revoked now, not when the pause is over.
                row.Set("waiting", f.Doomed.Count > 0 ? f.At : f.RetryAt, ", failure_code = $5, failure_detail = $6, new_certificate = null, proven_at = null",
                    Sql.Text(f.Code), Sql.Text(f.Detail));
                break;
            case OffersSuperseded s: row.Wake(s.At); break;
            case OfferSpared s: row.Wake(s.NextAt); break;
            case OfferRevoked r: row.Wake(r.NextAt); break;
            case RetirementBegun b: row.Set("retiring", b.At); break;
            case OldDeactivated d: row.Set("retired", d.RevokeAt ?? d.At); break;
            case RotationCompleted c: row.End("completed", c.At, []); break;
            case RotationFailed f: row.End("failed", f.At, f.Doomed, f.Code, f.Detail); break;
            case RotationCancelled c: row.End("cancelled", c.At, c.Doomed, "cancelled", c.Detail); break;
        }
    }

    readonly record struct Row(ProjectionBatch Batch, string Thing, int Number)
    {
        NpgsqlParameter[] Key => [Sql.Text(Thing), new() { Value = Number }];

        public void Start(RotationStarted e) => Batch.Add("""
            insert into fleet_rotations (thing_name, number, phase, attempt, reason, campaign_id, scope, old_certificate, begun_at, wake_at)
            values ($1, $2, 'waiting', 0, $3, $4, $5, $6, $7, $7)
            """, [.. Key, Sql.Text(e.Reason.ToString()), Sql.Text(e.CampaignId), Sql.Text(e.Scope), Sql.Text(e.OldCertificateId), Sql.Time(e.At)]);

        public void Set(string phase, DateTimeOffset wakeAt, string more = "", params NpgsqlParameter[] values) =>
            Batch.Add(Update + more + Where, [.. Key, Sql.Text(phase), Sql.Time(wakeAt), .. values]);

        // Beside a proven one it changes nothing yet.
        public void Offer(CertificateOffered e) => Batch.Add(
            "update fleet_rotations set phase = 'offered', wake_at = $3, new_certificate = $4, expired_at = $5 where thing_name = $1 and number = $2 and proven_at is null",
            [.. Key, Sql.Time(e.Deadline), Sql.Text(e.CertificateId), Sql.Time(e.ExpiredAt)]);

        public void Wake(DateTimeOffset? at) => Batch.Add("update fleet_rotations set wake_at = $3 where thing_name = $1 and number = $2", [.. Key, Sql.Time(at)]);

        public void End(string phase, DateTimeOffset at, IReadOnlyList<string> doomed, string? code = null, string? detail = null) => Batch.Add(
            Update + ", ended_at = $5, failure_code = $6, failure_detail = $7" + Where,
            [.. Key, Sql.Text(phase), Sql.Time(doomed.Count > 0 ? at : null), Sql.Time(at), Sql.Text(code), Sql.Text(detail)]);
    }
}

/// <summary>Questions to the read tables. A singleton; what is asked by key in the same instant is read together.</summary>
sealed class RotationsTable(EventStore store)
{
    const int EarlierRotations = 20;

    readonly GroupRead<string, int> _latest = Lookups.By(store, """
        select wanted.thing, found.number from unnest($1) wanted (thing)
        cross join lateral (select number from fleet_rotations r where r.thing_name = wanted.thing order by number desc limit 1) found
        """, row => row.GetInt32(1));

    readonly GroupRead<string, string> _status = Lookups.By(store, """
        select wanted.id, found.status from unnest($1) wanted (id)
        cross join lateral (select status from fleet_certificates c where c.certificate_id = wanted.id and c.status is not null limit 1) found
        """, row => row.GetString(1));

    /// <summary>Of a thing's latest rotation; 0 when it never had one.</summary>
    public async Task<int> LatestNumber(string thing, CancellationToken cancellation) => (await _latest.Read([thing], cancellation))[thing].FirstOrDefault();

    /// <summary>A thing's latest rotation, folded; number 0 when it never had one.</summary>
    public async Task<(int Number, Rotation Rotation)> Latest(string thing, CancellationToken cancellation)
    {
        var number = await LatestNumber(thing, cancellation);
        return number == 0
            ? (0, Rotation.Initial)
            : (number, await store.AggregateStreamAsync<Rotation, RotationEvent>(Rotation.StreamOf(thing, number), cancellation));
    }

    /// <summary>Whether a rotation of a thing before this one has had to do with a certificate.</summary>
    public async Task<bool> KnewBefore(string thing, int number, string certificateId, CancellationToken cancellation)
    {
        var count = Math.Min(number - 1, EarlierRotations);
        if (count <= 0) return false;
        var earlier = await store.FetchAsync<Rotation, RotationEvent>(
            [.. Enumerable.Range(number - count, count).Select(before => Rotation.StreamOf(thing, before))], cancellation);
        return earlier.Any(fetched => fetched.Aggregate.Knows(certificateId));
    }

    /// <summary>Which of these certificates are registered ACTIVE.</summary>
    public async Task<IReadOnlySet<string>> ActiveOf(IReadOnlyList<string> certificateIds, CancellationToken cancellation)
    {
        var known = await _status.Read(certificateIds, cancellation);
        return certificateIds.Where(id => known[id].FirstOrDefault() == nameof(CertificateStatus.Active)).ToHashSet(StringComparer.Ordinal);
    }

    /// <summary>
    /// Whether a certificate may be all that its device has: what it got with it, or (unless it has left that behind) what it got it with, works
    /// no more. Looks at all that is registered for the thing, also by other rotations.
    /// </summary>
    public async Task<bool> IsLastResort(string thing, string certificateId, bool isLeftBehind, CancellationToken cancellation)
    {
        await using var command = store.DataSource.CreateCommand("""
            select exists (select from fleet_certificates c where c.thing_name = $1 and c.status is distinct from $3
                and (c.renewal_of = $2 or (not $4 and c.certificate_id = (select renewal_of from fleet_certificates where certificate_id = $2))))
            """);
        command.Parameters.AddRange((NpgsqlParameter[])[Sql.Text(thing), Sql.Text(certificateId), Sql.Text(nameof(CertificateStatus.Active)), new() { Value = isLeftBehind }]);
        return (bool)(await command.ExecuteScalarAsync(cancellation))!;
    }

    /// <summary>Rotations whose next step is due, the longest overdue first.</summary>
    public async Task<IReadOnlyList<(string Thing, int Number)>> Due(DateTimeOffset now, int limit, CancellationToken cancellation)
    {
        await using var command = store.DataSource.CreateCommand("select thing_name, number from fleet_rotations where wake_at <= $1 or wake_at > $1 + $3 order by wake_at limit $2");
        command.Parameters.Add(Sql.Time(now));
        command.Parameters.Add(Sql.Number(limit));
        command.Parameters.Add(new() { Value = Rotation.LongestWait });
        var due = new List<(string, int)>();
        await using var reader = await command.ExecuteReaderAsync(cancellation);
        while (await reader.ReadAsync(cancellation)) due.Add((reader.GetString(0), reader.GetInt32(1)));
        return due;
    }
}
