using FleetPlatform.Contracts.RotationScheduler;
using FleetPlatform.RotationScheduler.Campaigns;

namespace FleetPlatform.RotationScheduler.Tests;

public sealed class CampaignTests
{
    static readonly DateTimeOffset Noon = new(2026, 11, 22, 12, 0, 0, TimeSpan.Zero);

    static Contracts.RotationScheduler.CreateCampaign Command => new() { CampaignId = "roll", Query = new() { Group = "eu" }, RequestedBy = "op" };

    static Campaign After(params CampaignEvent[] events) => events.Aggregate(Campaign.Initial, (state, @event) => state.Evolve(@event));

    static CampaignEvent[] Created(int targets) => [.. RotationScheduler.Campaigns.CreateCampaign.Decide(
        Command, [.. Enumerable.Range(0, targets).Select(n => new CampaignTarget($"SN-{n}", $"c{n}"))], Campaign.Initial, Noon).Events];

    static CampaignEvent Only(Campaign campaign, CampaignCounts counts) => AdvanceCampaign.Decide(campaign, counts, Noon).Events.ShouldHaveSingleItem();

    [Fact]
    public void Targets_are_recorded_in_pieces_and_in_order()
    {
        var events = Created(1_200);

        events.OfType<TargetsChosen>().Select(chosen => (chosen.FirstPosition, chosen.Targets.Count)).ShouldBe([(0, 500), (500, 500), (1000, 200)]);
        events.OfType<CampaignCreated>().ShouldHaveSingleItem().Targets.ShouldBe(1_200);
    }

    [Fact]
    public void A_few_go_first_then_the_rest_in_waves_and_then_it_is_over()
    {
        var campaign = After(Created(100));
        var canary = Only(campaign, new(100, 0, 0, 0, 0, 0, 0)).ShouldBeOfType<WaveBegun>();
        canary.ShouldBe(new WaveBegun(1, 5) { At = Noon });

        campaign = campaign.Evolve(canary);
        AdvanceCampaign.Decide(campaign, new(95, 0, 1, 4, 0, 0, 0), Noon).Events.ShouldBeEmpty(); // one is still under way
        Only(campaign, new(95, 0, 0, 5, 0, 0, 0)).ShouldBe(new WaveBegun(2, 30) { At = Noon });

        Only(campaign.Evolve(new WaveBegun(6, 100) { At = Noon }), new(0, 0, 0, 97, 2, 1, 0)).ShouldBe(new CampaignCompleted(97, 2, 1) { At = Noon });
    }

    [Fact]
    public void A_failing_canary_aborts_and_later_a_tenth_may_fail()
    {
        var canary = After([.. Created(100), new WaveBegun(1, 5) { At = Noon }]);
        Only(canary, new(95, 0, 3, 1, 1, 0, 0)).ShouldBeOfType<CampaignAborted>();

        var late = After([.. Created(100), new WaveBegun(3, 55) { At = Noon }]);
        AdvanceCampaign.Decide(late, new(45, 0, 10, 40, 5, 0, 0), Noon).Events.ShouldBeEmpty();
        Only(late, new(45, 0, 10, 39, 6, 0, 0)).ShouldBeOfType<CampaignAborted>().Failed.ShouldBe(6);
    }

    [Fact]
    public void Pausing_begins_nothing_and_what_has_ended_stays_ended()
    {
        Contracts.RotationScheduler.ChangeCampaign Change(CampaignChange change) => new() { CampaignId = "roll", Change = change, RequestedBy = "op" };
        var campaign = After(Created(10));
        var paused = RotationScheduler.Campaigns.ChangeCampaign.Decide(Change(CampaignChange.Pause), campaign, Noon).Events.ShouldHaveSingleItem();

        AdvanceCampaign.Decide(campaign.Evolve(paused), new(10, 0, 0, 0, 0, 0, 0), Noon).Events.ShouldBeEmpty();
        RotationScheduler.Campaigns.ChangeCampaign.Decide(Change(CampaignChange.Pause), campaign.Evolve(paused), Noon).Events.ShouldBeEmpty();
        var cancelled = RotationScheduler.Campaigns.ChangeCampaign.Decide(Change(CampaignChange.Cancel), campaign.Evolve(paused), Noon).Events.ShouldHaveSingleItem();
        RotationScheduler.Campaigns.ChangeCampaign.Decide(Change(CampaignChange.Resume), campaign.Evolve(cancelled), Noon).Refusal.ShouldNotBeNull();
    }

    [Fact]
    public void A_campaign_needs_a_query_a_name_of_its_own_and_somebody_to_rotate()
    {
        RotationScheduler.Campaigns.CreateCampaign.Refuse(Command with { Query = new() })!.Code.ShouldBe("invalid-request");
        RotationScheduler.Campaigns.CreateCampaign.Refuse(Command with { CampaignId = "a b" })!.Code.ShouldBe("invalid-request");
        RotationScheduler.Campaigns.CreateCampaign.Decide(Command, [], Campaign.Initial, Noon).Refusal!.Code.ShouldBe("not-found");
        RotationScheduler.Campaigns.CreateCampaign.Decide(Command, [new("SN", "c")], After(Created(1)), Noon).Refusal!.Code.ShouldBe("already-exists");
    }
}
