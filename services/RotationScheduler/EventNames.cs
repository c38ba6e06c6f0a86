using FleetPlatform.Events;
using FleetPlatform.RotationScheduler.Campaigns;
using FleetPlatform.RotationScheduler.Renewals;
using FleetPlatform.RotationScheduler.Rotations;

namespace FleetPlatform.RotationScheduler;

/// <summary>The stored names of this service's events. They never change; a new shape is a new version beside the old.</summary>
static class EventNames
{
    public static EventTypes All { get; } = new EventTypes()
        .Map<RenewalRuleSet>("renewal.set.v1")
        .Map<RenewalRuleRemoved>("renewal.removed.v1")
        .Map<RotationStarted>("rotation.started.v1")
        .Map<RotationCommanded>("rotation.commanded.v1")
        .Map<CertificateOffered>("rotation.certificate-offered.v1")
        .Map<OfferConnected>("rotation.offer-connected.v1")
        .Map<OfferProven>("rotation.offer-proven.v1")
        .Map<OfferSpared>("rotation.offer-spared.v1")
        .Map<OffersSuperseded>("rotation.offers-superseded.v1")
        .Map<DeviceReported>("rotation.device-reported.v1")
        .Map<AttemptFailed>("rotation.attempt-failed.v1")
        .Map<OfferRevoked>("rotation.offer-revoked.v1")
        .Map<RetirementBegun>("rotation.retirement-begun.v1")
        .Map<OldDeactivated>("rotation.old-deactivated.v1")
        .Map<OldRevoked>("rotation.old-revoked.v1")
        .Map<RotationCompleted>("rotation.completed.v1")
        .Map<RotationFailed>("rotation.failed.v1")
        .Map<RotationCancelled>("rotation.cancelled.v1")
        .Map<CampaignCreated>("campaign.created.v1")
        .Map<TargetsChosen>("campaign.targets-chosen.v1")
        .Map<WaveBegun>("campaign.wave-begun.v1")
        .Map<TargetSkipped>("campaign.target-skipped.v1")
        .Map<CampaignPaused>("campaign.paused.v1")
        .Map<CampaignResumed>("campaign.resumed.v1")
        .Map<CampaignCancelled>("campaign.cancelled.v1")
        .Map<CampaignAborted>("campaign.aborted.v1")
        .Map<CampaignCompleted>("campaign.completed.v1");
}
