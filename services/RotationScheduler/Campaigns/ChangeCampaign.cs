using FleetPlatform.Contracts;
using FleetPlatform.Contracts.RotationScheduler;
using FleetPlatform.Events;
using FleetPlatform.ServiceDefaults;
using MassTransit;
using Command = FleetPlatform.Contracts.RotationScheduler.ChangeCampaign;

namespace FleetPlatform.RotationScheduler.Campaigns;

/// <summary>Pauses, resumes or cancels. The same again changes nothing; what has ended stays ended.</summary>
static class ChangeCampaign
{
    public static Decision<CampaignEvent> Decide(Command command, Campaign campaign, DateTimeOffset now) => (campaign.State, command.Change) switch
    {
        (CampaignState.None, _) => Missing(command.CampaignId),
        (CampaignState.Running, CampaignChange.Pause) => new CampaignPaused(command.RequestedBy) { At = now },
        (CampaignState.Paused, CampaignChange.Resume) => new CampaignResumed(command.RequestedBy) { At = now },
        (CampaignState.Running or CampaignState.Paused, CampaignChange.Cancel) => new CampaignCancelled(command.RequestedBy) { At = now },
        (CampaignState.Paused, CampaignChange.Pause) or (CampaignState.Running, CampaignChange.Resume) or (CampaignState.Cancelled, CampaignChange.Cancel) =>
            Decision<CampaignEvent>.Nothing,
        _ => new Refusal(Reasons.InvalidRequest.Code, "The campaign has ended."),
    };

    public static Refusal Missing(string id) => new(Reasons.NotFound.Code, $"There is no campaign {id}.");
}

sealed class ChangeCampaignConsumer(EventStore store, CampaignsTable table, TimeProvider clock) : IConsumer<Command>
{
    public async Task Consume(ConsumeContext<Command> context)
    {
        var (command, cancellation) = (context.Message, context.CancellationToken);
        var refusal = !CreateCampaign.IsId(command.CampaignId)
            ? ChangeCampaign.Missing(command.CampaignId)
            : (await store.WriteToAggregate<Campaign, CampaignEvent>(Campaign.StreamOf(command.CampaignId),
                campaign => ChangeCampaign.Decide(command, campaign, clock.GetUtcNow()), new() { Actor = command.RequestedBy }, cancellation)).Refusal;
        if (refusal is not null) await context.RespondAsync(refusal.ToRefused());
        else await context.RespondAsync((await table.Describe(command.CampaignId, cancellation))!);
    }
}

sealed class DescribeCampaignConsumer(CampaignsTable table) : IConsumer<DescribeCampaign>
{
    public async Task Consume(ConsumeContext<DescribeCampaign> context)
    {
        if (await table.Describe(context.Message.CampaignId, context.CancellationToken) is { } found) await context.RespondAsync(found);
        else await context.RespondAsync(ChangeCampaign.Missing(context.Message.CampaignId).ToRefused());
    }
}

sealed class ListCampaignsConsumer(CampaignsTable table) : IConsumer<ListCampaigns>
{
    public async Task Consume(ConsumeContext<ListCampaigns> context)
    {
        var items = new List<CampaignDescription>();
        foreach (var id in await table.Find("true", context.CancellationToken))
            if (await table.Describe(id, context.CancellationToken) is { } found) items.Add(found);
        await context.RespondAsync(new CampaignsListed { Items = [.. items.OrderByDescending(item => item.CreatedAt)] });
    }
}
