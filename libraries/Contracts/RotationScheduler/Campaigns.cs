using MassTransit;

namespace FleetPlatform.Contracts.RotationScheduler;

/// <summary>Which certificates a campaign replaces: active ones of things, for which everything that is given here holds. At least one member.</summary>
public sealed record CampaignQuery
{
    /// <summary>A thing group, those below it included.</summary>
    public string? Group { get; init; }

    /// <summary>The issuer's name, as the forecast shows it.</summary>
    public string? Issuer { get; init; }

    /// <summary>SHA-256 of the public key (SubjectPublicKeyInfo), 64 lower-case hex digits.</summary>
    public string? PublicKey { get; init; }

    /// <summary>The provisioning template of the device's first certificate.</summary>
    public string? Template { get; init; }
}

/// <summary>Rotates many devices in waves. Answered by <see cref="CampaignDescription"/>; a name is used once.</summary>
[MessageUrn("fleet:create-campaign:v1", useDefaultPrefix: false)]
public sealed record CreateCampaign
{
    /// <summary>1 to 64 letters, digits, '_' and '-'.</summary>
    public required string CampaignId { get; init; }

    public required CampaignQuery Query { get; init; }

    /// <summary>Share of the devices in the first wave, in percent, 1 to 100; one device at least. Default 5.</summary>
    public int CanaryPercent { get; init; } = 5;

    /// <summary>Share of the devices in each further wave, in percent, 1 to 100. Default 25.</summary>
    public int WavePercent { get; init; } = 25;

    /// <summary>Share of the devices begun so far that may fail, in percent, 1 to 100; with that many the campaign is aborted. Default 10.</summary>
    public int AbortPercent { get; init; } = 10;

    /// <summary>Rotations begun per minute, 1 to 100,000. Default 600.</summary>
    public int PerMinute { get; init; } = 600;

    /// <summary>How each rotation goes; only its terms are looked at. Null: the defaults of a renewal policy.</summary>
    public RenewalPolicy? Terms { get; init; }

    public required string RequestedBy { get; init; }
}

public enum CampaignChange
{
    /// <summary>Begins nothing more; what is under way goes on.</summary>
    Pause = 0,
    Resume = 1,

    /// <summary>Ends it, and calls off every rotation that is not proven.</summary>
    Cancel = 2,
}

/// <summary>Answered by <see cref="CampaignDescription"/>. The same again changes nothing.</summary>
[MessageUrn("fleet:change-campaign:v1", useDefaultPrefix: false)]
public sealed record ChangeCampaign
{
    public required string CampaignId { get; init; }
    public required CampaignChange Change { get; init; }
    public required string RequestedBy { get; init; }
}

/// <summary>Answered by <see cref="CampaignDescription"/>.</summary>
[MessageUrn("fleet:describe-campaign:v1", useDefaultPrefix: false)]
public sealed record DescribeCampaign
{
    public required string CampaignId { get; init; }
}

/// <summary>Answered by <see cref="CampaignsListed"/>.</summary>
[MessageUrn("fleet:list-campaigns:v1", useDefaultPrefix: false)]
public sealed record ListCampaigns;

[MessageUrn("fleet:campaigns-listed:v1", useDefaultPrefix: false)]
public sealed record CampaignsListed
{
    /// <summary>The newest first, at most 100.</summary>
    public required IReadOnlyList<CampaignDescription> Items { get; init; }
}

[MessageUrn("fleet:campaign-description:v1", useDefaultPrefix: false)]
public sealed record CampaignDescription
{
    public required string CampaignId { get; init; }

    /// <summary>running, paused, completed, aborted or cancelled.</summary>
    public required string State { get; init; }

    /// <summary>Waves begun; the first is the canary.</summary>
    public required int Wave { get; init; }

    public required long Targets { get; init; }

    /// <summary>Not begun yet.</summary>
    public required long Pending { get; init; }

    public required long UnderWay { get; init; }

    /// <summary>The new certificate has connected and published.</summary>
    public required long Succeeded { get; init; }

    public required long Failed { get; init; }

    /// <summary>Replaced or gone before their turn came.</summary>
    public required long Skipped { get; init; }

    /// <summary>Called off; the old certificate stays.</summary>
    public required long RolledBack { get; init; }

    /// <summary>Devices by reason code, of those that failed.</summary>
    public required IReadOnlyDictionary<string, string> Failures { get; init; }

    public required DateTimeOffset CreatedAt { get; init; }
    public DateTimeOffset? EndedAt { get; init; }
    public string? Detail { get; init; }
}
