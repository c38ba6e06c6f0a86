using FleetPlatform.Contracts.RotationScheduler;
using FleetPlatform.Contracts.ThingRegistry;
using FleetPlatform.RotationScheduler.Campaigns;
using FleetPlatform.RotationScheduler.Rotations;
using static FleetPlatform.RotationScheduler.Tests.SchedulerFixture;

namespace FleetPlatform.RotationScheduler.Tests.Campaigns;

public sealed class CancelledCampaignTests : IAsyncLifetime
{
    readonly SchedulerFixture _fixture = new();

    static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    public ValueTask InitializeAsync() => _fixture.InitializeAsync();

    public ValueTask DisposeAsync() => _fixture.DisposeAsync();

    [Fact]
    public async Task A_device_that_answers_a_cancelled_campaign_has_a_rotation_of_its_own_and_the_campaign_stays_as_it_was()
    {
        var old = ARegistration("SN-late", _fixture.Clock.GetUtcNow().AddDays(100));
        await _fixture.Registrations.Store([old], Cancellation);
        await Begins("called-off");
        await Cancels("called-off");

        var fresh = ARegistration("SN-late", _fixture.Clock.GetUtcNow().AddDays(500), renewalOf: old.CertificateId);
        foreach (var row in await _fixture.Registrations.Store([fresh], Cancellation)) await _fixture.Accept.Handle(row, Cancellation);
        await _fixture.Uses.Handle(
            [new() { CertificateId = fresh.CertificateId, ThingName = "SN-late", SessionId = "s", Kind = CertificateUseKind.Published, At = _fixture.Clock.GetUtcNow() }], Cancellation);

        var (number, rotation) = await _fixture.Rotations.Latest("SN-late", Cancellation);
        (number, rotation.Started!.Reason, rotation.Proven).ShouldBe((2, RotationReason.Device, fresh.CertificateId));
        (await _fixture.Campaigns.Describe("called-off", Cancellation))!.ShouldSatisfyAllConditions(
            campaign => campaign.State.ShouldBe("cancelled"), campaign => campaign.RolledBack.ShouldBe(1), campaign => campaign.Succeeded.ShouldBe(0));
    }

    CampaignWork Work => new(_fixture.Store, _fixture.Campaigns, _fixture.Rotations, _fixture.Start,
        new RotationScheduler.Rotations.CancelRotation(_fixture.Store, _fixture.Rotations, _fixture.Clock), _fixture.Options, _fixture.Clock);

    async Task Begins(string campaign)
    {
        (await new RotationScheduler.Campaigns.CreateCampaign(_fixture.Store, _fixture.Clock).Handle(
            new() { CampaignId = campaign, Query = new() { Template = "birth" }, CanaryPercent = 100, RequestedBy = "test" }, Cancellation)).ShouldBeNull();
        (await Work.Handle(100, Cancellation)).ShouldBe(1);
    }

    async Task Cancels(string campaign)
    {
        await _fixture.Store.WriteToAggregate<Campaign, CampaignEvent>(Campaign.StreamOf(campaign),
            state => RotationScheduler.Campaigns.ChangeCampaign.Decide(new() { CampaignId = campaign, Change = CampaignChange.Cancel, RequestedBy = "test" }, state, _fixture.Clock.GetUtcNow()),
            cancellation: Cancellation);
        await Work.Handle(100, Cancellation);
    }
}
