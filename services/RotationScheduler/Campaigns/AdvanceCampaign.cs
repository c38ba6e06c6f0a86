using FleetPlatform.Events;
using FleetPlatform.RotationScheduler.Rotations;
using FleetPlatform.RotationScheduler.Schedule;

namespace FleetPlatform.RotationScheduler.Campaigns;

/// <summary>From wave to wave, as long as few enough devices fail.</summary>
static class AdvanceCampaign
{
    /// <summary>What follows from how far the devices are; nothing while a wave is under way and well.</summary>
    public static Decision<CampaignEvent> Decide(Campaign campaign, CampaignCounts counts, DateTimeOffset now)
    {
        if (campaign.State != CampaignState.Running) return Decision<CampaignEvent>.Nothing;
        var created = campaign.Created!;
        if (counts.Failed > 0 && counts.Failed >= Share(created.AbortPercent, campaign.Until))
        {
            var allowed = $"{created.AbortPercent} % of {campaign.Until} devices begun";
            return new CampaignAborted(counts.Failed, campaign.Until, $"{counts.Failed} failed, {allowed} may") { At = now };
        }

        if (counts.PendingBegun + counts.UnderWay > 0) return Decision<CampaignEvent>.Nothing;
        if (campaign.Until >= created.Targets) return new CampaignCompleted(counts.Succeeded, counts.Failed, counts.Skipped) { At = now };

        var size = Share(campaign.Wave == 0 ? created.CanaryPercent : created.WavePercent, created.Targets);
        return new WaveBegun(campaign.Wave + 1, Math.Min(created.Targets, campaign.Until + size)) { At = now };
    }

    /// <summary>So many percent, rounded up, one at least.</summary>
    static int Share(int percent, int of) => Math.Max(1, (int)(((long)percent * of + 99) / 100));
}

/// <summary>One turn of every campaign: its next wave, its devices, and the way back when it was aborted or cancelled.</summary>
sealed class CampaignWork(
    EventStore store, CampaignsTable campaigns, RotationsTable rotations, StartRotation start, CancelRotation cancel,
    RotationSchedulerOptions options, TimeProvider clock)
{
    const string Actor = "rotation-scheduler";
    const int CancelledPerTurn = 1_000;

    readonly Allowance _allowance = new(options.Period, clock);

    /// <param name="room">How many rotations may begin in all.</param>
    /// <returns>How many did.</returns>
    public async Task<int> Handle(int room, CancellationToken cancellation)
    {
        var since = _allowance.NextTurn();
        var begun = 0;
        foreach (var id in await campaigns.Find("state = 'running'", cancellation)) begun += await Advance(id, room - begun, since, cancellation);
        foreach (var id in await campaigns.Find(
            "state in ('aborted', 'cancelled') and exists (select from fleet_campaign_targets t where t.campaign_id = c.campaign_id and t.state = 'underway')", cancellation))
            await RollBack(id, cancellation);
        return begun;
    }

    async Task<int> Advance(string id, int room, TimeSpan since, CancellationToken cancellation)
    {
        var stream = Campaign.StreamOf(id);
        var campaign = await store.AggregateStreamAsync<Campaign, CampaignEvent>(stream, cancellation);
        var counts = await campaigns.Count(id, campaign.Until, cancellation);
        campaign = (await store.WriteToAggregate<Campaign, CampaignEvent>(stream,
            state => state == campaign ? AdvanceCampaign.Decide(state, counts, clock.GetUtcNow()) : Decision<CampaignEvent>.Nothing, // changed meanwhile: next turn
            new() { Actor = Actor }, cancellation)).State;
        if (campaign.State != CampaignState.Running) return 0;

        var limit = Math.Max(0, Math.Min(room, Allowance.Of(campaign.Created!.PerMinute, since)));
        return await Concurrently.Count(
            await campaigns.Targets(id, "pending", campaign.Until, limit, cancellation), target => Begin(campaign.Created, target, cancellation), cancellation);
    }

    async Task<bool> Begin(CampaignCreated campaign, CampaignTarget target, CancellationToken cancellation)
    {
        var known = await rotations.Latest(target.ThingName, cancellation);
        var latest = known.Rotation;
        if (latest.IsOpen && latest.Started!.CampaignId == campaign.CampaignId) return false; // begun, and the table does not show it yet
        if (latest is { IsOpen: true, Proven: not null } && latest.Old.Contains(target.CertificateId)) return await Skip(campaign, target, "replaced-meanwhile", cancellation);
        if (latest.IsOpen) return false; // another rotation of this device, perhaps of another campaign: its turn comes after that
        if (!(await rotations.ActiveOf([target.CertificateId], cancellation)).Contains(target.CertificateId))
            return await Skip(campaign, target, "not-active-any-more", cancellation);

        var (_, refusal) = await start.Handle(new(target.ThingName, target.CertificateId, RotationReason.Campaign, null, campaign.RequestedBy)
        {
            CampaignId = campaign.CampaignId,
            Terms = campaign.Terms,
        }, known, cancellation);
        return refusal is null;
    }

    async Task<bool> Skip(CampaignCreated campaign, CampaignTarget target, string code, CancellationToken cancellation)
    {
        await store.WriteToAggregate<Campaign, CampaignEvent>(Campaign.StreamOf(campaign.CampaignId),
            state => state.IsOpen ? new TargetSkipped(target.ThingName, code) { At = clock.GetUtcNow() } : Decision<CampaignEvent>.Nothing,
            new() { Actor = Actor }, cancellation);
        return false;
    }

    // What is proven stays: those devices run on their new certificates. The others keep the old ones.
    async Task RollBack(string id, CancellationToken cancellation) => await Concurrently.Each(
        await campaigns.Targets(id, "underway", int.MaxValue, CancelledPerTurn, cancellation),
        target => cancel.Handle(target.ThingName, Actor, $"Campaign {id} was ended.", cancellation), cancellation);
}
