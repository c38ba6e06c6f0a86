using System.Diagnostics;
using FleetPlatform.Events;
using FleetPlatform.RotationScheduler.Renewals;

namespace FleetPlatform.RotationScheduler.Campaigns;

/// <summary>What happens in a campaign. Recorded on <c>campaign-{id}</c>; what its rotations do is on their own streams.</summary>
abstract record CampaignEvent
{
    public required DateTimeOffset At { get; init; }
}

/// <summary>What a campaign is about.</summary>
sealed record CampaignTargetQuery(string? Group, string? Issuer, string? PublicKey, string? Template);

/// <param name="Targets">How many devices; <see cref="TargetsChosen"/> names them.</param>
sealed record CampaignCreated(
    string CampaignId, CampaignTargetQuery Query, int CanaryPercent, int WavePercent, int AbortPercent, int PerMinute, RotationTerms Terms, int Targets,
    string RequestedBy) : CampaignEvent;

/// <summary>A device, and the certificate it is to replace.</summary>
sealed record CampaignTarget(string ThingName, string CertificateId);

/// <summary>Some of the devices, in the order in which they have their turn.</summary>
sealed record TargetsChosen(int FirstPosition, IReadOnlyList<CampaignTarget> Targets) : CampaignEvent;

/// <summary>The devices up to a position, exclusive, have their turn.</summary>
sealed record WaveBegun(int Number, int Until) : CampaignEvent;

/// <summary>A device needs nothing any more, or cannot be rotated.</summary>
sealed record TargetSkipped(string ThingName, string Code) : CampaignEvent;

sealed record CampaignPaused(string By) : CampaignEvent;

sealed record CampaignResumed(string By) : CampaignEvent;

sealed record CampaignCancelled(string By) : CampaignEvent;

/// <summary>Too many devices have failed. What is not proven is called off: those devices keep their old certificates.</summary>
sealed record CampaignAborted(int Failed, int Begun, string Detail) : CampaignEvent;

sealed record CampaignCompleted(int Succeeded, int Failed, int Skipped) : CampaignEvent;

enum CampaignState
{
    None = 0,
    Running = 1,
    Paused = 2,
    Completed = 3,
    Aborted = 4,
    Cancelled = 5,
}

/// <summary>What decisions about a campaign need to know.</summary>
/// <param name="Wave">Waves begun.</param>
/// <param name="Until">Devices before this position have had, or have, their turn.</param>
sealed record Campaign(CampaignState State, CampaignCreated? Created, int Wave, int Until) : IAggregate<Campaign, CampaignEvent>
{
    public static Campaign Initial { get; } = new(CampaignState.None, null, 0, 0);

    public static StreamId StreamOf(string id) => StreamId.Of("campaign", id);

    public bool IsOpen => State is CampaignState.Running or CampaignState.Paused;

    public Campaign Evolve(CampaignEvent @event) => @event switch
    {
        CampaignCreated e => new(CampaignState.Running, e, 0, 0),
        TargetsChosen or TargetSkipped => this,
        WaveBegun e => this with { Wave = e.Number, Until = e.Until },
        CampaignPaused => this with { State = CampaignState.Paused },
        CampaignResumed => this with { State = CampaignState.Running },
        CampaignCancelled => this with { State = CampaignState.Cancelled },
        CampaignAborted => this with { State = CampaignState.Aborted },
        CampaignCompleted => this with { State = CampaignState.Completed },
        _ => throw new UnreachableException($"No fold for {@event.GetType().Name}."),
    };
}
