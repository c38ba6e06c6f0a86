using FleetPlatform.Contracts.RotationScheduler;
using FleetPlatform.Events;
using FleetPlatform.RotationScheduler.Rotations;
using Npgsql;

namespace FleetPlatform.RotationScheduler.Campaigns;

/// <summary>The read tables of campaigns and of what has become of each of their devices. Stands behind the table of rotations, which it reads.</summary>
sealed class CampaignsProjection : IInlineProjection
{
    public string Name => "campaigns";

    public IReadOnlyList<string> Tables { get; } = ["fleet_campaigns", "fleet_campaign_targets"];

    public string Schema => """
        create table if not exists fleet_campaigns (
            campaign_id text collate "C" primary key,
            state text not null,
            wave int not null,
            created_at timestamptz not null,
            ended_at timestamptz null,
            detail text null);
        create index if not exists fleet_campaigns_in_order on fleet_campaigns (created_at);
        create table if not exists fleet_campaign_targets (
            campaign_id text collate "C" not null,
            thing_name text collate "C" not null,
            position int not null,
            certificate_id text not null,
            state text not null,
            code text null,
            primary key (campaign_id, thing_name));
        create index if not exists fleet_campaign_targets_in_order on fleet_campaign_targets (campaign_id, state, position);
        """;

    public void Project(RecordedEvent e, ProjectionBatch batch)
    {
        switch (e.Data)
        {
            case CampaignEvent campaign: Project(campaign, e.StreamId.Key, batch); break;
            case RotationStarted { CampaignId: { } id } s:
                batch.Add("update fleet_campaign_targets set state = 'underway' where campaign_id = $1 and thing_name = $2", Sql.Text(id), Sql.Text(s.ThingName));
                break;
            case OfferProven: OfRotation(e, batch, "succeeded", null); break;
            case AttemptFailed: OfRotation(e, batch, "underway", null); break;
            case RotationFailed f: OfRotation(e, batch, "failed", f.Code); break;
            case RotationCancelled: OfRotation(e, batch, "rolledback", null); break;
        }
    }

    static void Project(CampaignEvent @event, string id, ProjectionBatch batch)
    {
        switch (@event)
        {
            case CampaignCreated e:
                batch.Add("insert into fleet_campaigns (campaign_id, state, wave, created_at) values ($1, 'running', 0, $2)", Sql.Text(id), Sql.Time(e.At));
                break;
            case TargetsChosen e:
                batch.Add("""
                    insert into fleet_campaign_targets (campaign_id, thing_name, certificate_id, position, state)
                    select $1, thing, certificate, $4 + ordinal - 1, 'pending' from unnest($2, $3) with ordinality row (thing, certificate, ordinal)
                    """, Sql.Text(id), Sql.Texts(e.Targets.Select(target => target.ThingName)), Sql.Texts(e.Targets.Select(target => target.CertificateId)),
                    new() { Value = e.FirstPosition });
                break;
            case WaveBegun e:
                batch.Add("update fleet_campaigns set wave = $2 where campaign_id = $1", Sql.Text(id), new() { Value = e.Number });
                break;
            case TargetSkipped e:
                batch.Add("update fleet_campaign_targets set state = 'skipped', code = $3 where campaign_id = $1 and thing_name = $2",
                    Sql.Text(id), Sql.Text(e.ThingName), Sql.Text(e.Code));
                break;
            case CampaignPaused: Set(batch, id, "paused", null, null); break;
            case CampaignResumed: Set(batch, id, "running", null, null); break;
            case CampaignCancelled e: Set(batch, id, "cancelled", e.At, $"cancelled by {e.By}"); break;
            case CampaignAborted e: Set(batch, id, "aborted", e.At, e.Detail); break;
            case CampaignCompleted e: Set(batch, id, "completed", e.At, null); break;
        }
    }

    static void Set(ProjectionBatch batch, string id, string state, DateTimeOffset? endedAt, string? detail) => batch.Add(
        "update fleet_campaigns set state = $2, ended_at = $3, detail = $4 where campaign_id = $1", Sql.Text(id), Sql.Text(state), Sql.Time(endedAt), Sql.Text(detail));

    static void OfRotation(RecordedEvent e, ProjectionBatch batch, string state, string? code)
    {
        var (thing, number) = Rotation.NameOf(e.StreamId);
        batch.Add("""
            update fleet_campaign_targets t set state = $3, code = $4 from fleet_rotations r
            where r.thing_name = $1 and r.number = $2 and t.campaign_id = r.campaign_id and t.thing_name = r.thing_name
            """, Sql.Text(thing), new() { Value = number }, Sql.Text(state), Sql.Text(code));
    }
}

/// <summary>How far the devices of a campaign are.</summary>
/// <param name="PendingBegun">Of the waves begun: not started yet.</param>
readonly record struct CampaignCounts(int Pending, int PendingBegun, int UnderWay, int Succeeded, int Failed, int Skipped, int RolledBack);

/// <summary>Questions to the read tables.</summary>
sealed class CampaignsTable(EventStore store)
{
    public async Task<IReadOnlyList<string>> Find(string condition, CancellationToken cancellation)
    {
        await using var command = store.DataSource.CreateCommand($"select campaign_id from fleet_campaigns c where {condition} order by created_at limit 100");
        var ids = new List<string>();
        await using var reader = await command.ExecuteReaderAsync(cancellation);
        while (await reader.ReadAsync(cancellation)) ids.Add(reader.GetString(0));
        return ids;
    }

    public async Task<CampaignCounts> Count(string id, int until, CancellationToken cancellation)
    {
        await using var command = store.DataSource.CreateCommand("""
            select count(*) filter (where state = 'pending')::int, count(*) filter (where state = 'pending' and position < $2)::int,
                count(*) filter (where state = 'underway')::int, count(*) filter (where state = 'succeeded')::int, count(*) filter (where state = 'failed')::int,
                count(*) filter (where state = 'skipped')::int, count(*) filter (where state = 'rolledback')::int
            from fleet_campaign_targets where campaign_id = $1
            """);
        command.Parameters.Add(Sql.Text(id));
        command.Parameters.Add(new() { Value = until });
        await using var reader = await command.ExecuteReaderAsync(cancellation);
        await reader.ReadAsync(cancellation);
        return new(reader.GetInt32(0), reader.GetInt32(1), reader.GetInt32(2), reader.GetInt32(3), reader.GetInt32(4), reader.GetInt32(5), reader.GetInt32(6));
    }

    /// <summary>Devices in one state, in the order of their turns.</summary>
    public async Task<IReadOnlyList<CampaignTarget>> Targets(string id, string state, int until, int limit, CancellationToken cancellation)
    {
        await using var command = store.DataSource.CreateCommand("""
            select thing_name, certificate_id from fleet_campaign_targets where campaign_id = $1 and state = $2 and position < $3 order by position limit $4
            """);
        command.Parameters.AddRange((NpgsqlParameter[])[Sql.Text(id), Sql.Text(state), new() { Value = until }, Sql.Number(limit)]);
        var targets = new List<CampaignTarget>();
        await using var reader = await command.ExecuteReaderAsync(cancellation);
        while (await reader.ReadAsync(cancellation)) targets.Add(new(reader.GetString(0), reader.GetString(1)));
        return targets;
    }

    /// <summary>A campaign as an operator sees it; null when there is none of this name.</summary>
    public async Task<CampaignDescription?> Describe(string id, CancellationToken cancellation)
    {
        var counts = await Count(id, 0, cancellation);
        var failures = await Failures(id, cancellation);
        await using var command = store.DataSource.CreateCommand("select state, wave, created_at, ended_at, detail from fleet_campaigns where campaign_id = $1");
        command.Parameters.Add(Sql.Text(id));
        await using var reader = await command.ExecuteReaderAsync(cancellation);
        if (!await reader.ReadAsync(cancellation)) return null;
        return new()
        {
            CampaignId = id,
            State = reader.GetString(0),
            Wave = reader.GetInt32(1),
            Targets = counts.Pending + counts.UnderWay + counts.Succeeded + counts.Failed + counts.Skipped + counts.RolledBack,
            Pending = counts.Pending,
            UnderWay = counts.UnderWay,
            Succeeded = counts.Succeeded,
            Failed = counts.Failed,
            Skipped = counts.Skipped,
            RolledBack = counts.RolledBack,
            Failures = failures,
            CreatedAt = reader.GetFieldValue<DateTimeOffset>(2),
            EndedAt = reader.Time(3),
            Detail = reader.Text(4),
        };
    }

    async Task<IReadOnlyDictionary<string, string>> Failures(string id, CancellationToken cancellation)
    {
        await using var command = store.DataSource.CreateCommand("select code, count(*)::text from fleet_campaign_targets where campaign_id = $1 and code is not null group by code");
        command.Parameters.Add(Sql.Text(id));
        var failures = new SortedDictionary<string, string>(StringComparer.Ordinal);
        await using var reader = await command.ExecuteReaderAsync(cancellation);
        while (await reader.ReadAsync(cancellation)) failures[reader.GetString(0)] = reader.GetString(1);
        return failures;
    }
}
