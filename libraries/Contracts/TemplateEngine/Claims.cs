using MassTransit;

namespace FleetPlatform.Contracts.TemplateEngine;

// What a claim certificate may still register. A claim that nothing was said about is not limited here; its policy is what binds it.

public enum ClaimStatus
{
    Open = 0,

    /// <summary>Registers nothing until it is opened again.</summary>
    Paused = 1,

    /// <summary>Believed stolen: registers nothing, and what it registered is suspect. Never opened again.</summary>
    Quarantined = 2,
}

/// <summary>Answered by <see cref="ClaimDescription"/>. Null members stay as they are; 0 and <see cref="NoLimit"/> members take a limit away.</summary>
[MessageUrn("fleet:change-claim:v1", useDefaultPrefix: false)]
public sealed record ChangeClaim
{
    public required string ClaimId { get; init; }

    /// <summary>Registrations it may make in all.</summary>
    public long? MaximumRegistrations { get; init; }

    /// <summary>Registrations it may make in any 60 seconds; beyond, an abuse signal is recorded.</summary>
    public int? RegistrationsPerMinute { get; init; }

    public DateTimeOffset? NotBefore { get; init; }
    public DateTimeOffset? NotAfter { get; init; }

    /// <summary>Takes the window away.</summary>
    public bool NoWindow { get; init; }

    /// <summary>Takes away both numbers.</summary>
    public bool NoLimit { get; init; }

    /// <summary>Parameter that holds a device's serial number.</summary>
    public string? SerialParameter { get; init; }

    public ClaimStatus? Status { get; init; }

    /// <summary>Why the status changes.</summary>
    public string? Reason { get; init; }

    public required string RequestedBy { get; init; }
}

/// <summary>Answered by <see cref="ClaimDescription"/>. From the first list on, only listed serial numbers register; lists add up.</summary>
[MessageUrn("fleet:allow-serials:v1", useDefaultPrefix: false)]
public sealed record AllowSerials
{
    public required string ClaimId { get; init; }

    /// <summary>1 to 5,000, each 1 to 128 characters.</summary>
    public required IReadOnlyList<string> Serials { get; init; }

    public required string RequestedBy { get; init; }
}

/// <summary>Answered by <see cref="ClaimDescription"/>.</summary>
[MessageUrn("fleet:describe-claim:v1", useDefaultPrefix: false)]
public sealed record DescribeClaim
{
    public required string ClaimId { get; init; }
}

[MessageUrn("fleet:claim-description:v1", useDefaultPrefix: false)]
public sealed record ClaimDescription
{
    public required string ClaimId { get; init; }
    public required ClaimStatus Status { get; init; }
    public long? MaximumRegistrations { get; init; }
    public int? RegistrationsPerMinute { get; init; }
    public DateTimeOffset? NotBefore { get; init; }
    public DateTimeOffset? NotAfter { get; init; }
    public required string SerialParameter { get; init; }

    /// <summary>How many serial numbers are listed; 0: any may register.</summary>
    public required long AllowedSerials { get; init; }

    /// <summary>Devices that have come with it, limited or not, also those that were then refused; a device that asks again is counted once.</summary>
    public long Arrivals { get; init; }

    /// <summary>The minute in which the last of them came.</summary>
    public DateTimeOffset? LastArrivalAt { get; init; }

    /// <summary>Registrations made since the claim was first limited.</summary>
    public required long Registrations { get; init; }

    /// <summary>What looked wrong: how often each signal was recorded.</summary>
    public required IReadOnlyDictionary<string, string> Signals { get; init; }
}

/// <summary>All claims that devices came with or that anything was said about, by id. Answered by <see cref="ClaimsListed"/>.</summary>
[MessageUrn("fleet:list-claims:v1", useDefaultPrefix: false)]
public sealed record ListClaims
{
    /// <summary>Ids after this one, by ordinal; null from the start.</summary>
    public string? After { get; init; }

    /// <summary>1 to 250.</summary>
    public int Limit { get; init; } = 25;

    /// <summary>True: only those with signals of abuse.</summary>
    public bool SuspectedOnly { get; init; }
}

[MessageUrn("fleet:claims-listed:v1", useDefaultPrefix: false)]
public sealed record ClaimsListed
{
    public required IReadOnlyList<ClaimSummary> Items { get; init; }

    /// <summary>Pass as After for the next page; null on the last.</summary>
    public string? Next { get; init; }
}

public sealed record ClaimSummary
{
    public required string ClaimId { get; init; }
    public required ClaimStatus Status { get; init; }

    /// <inheritdoc cref="ClaimDescription.Arrivals"/>
    public required long Arrivals { get; init; }

    /// <inheritdoc cref="ClaimDescription.LastArrivalAt"/>
    public DateTimeOffset? LastArrivalAt { get; init; }

    /// <inheritdoc cref="ClaimDescription.Signals"/>
    public required IReadOnlyDictionary<string, string> Signals { get; init; }
}

/// <summary>What a claim has registered, limited or not. Answered by <see cref="ClaimCertificatesListed"/>.</summary>
[MessageUrn("fleet:list-claim-certificates:v1", useDefaultPrefix: false)]
public sealed record ListClaimCertificates
{
    public required string ClaimId { get; init; }

    /// <summary>Where the page before ended; null from the start.</summary>
    public string? After { get; init; }
}

[MessageUrn("fleet:claim-certificates-listed:v1", useDefaultPrefix: false)]
public sealed record ClaimCertificatesListed
{
    /// <summary>At most 1,000 certificate ids.</summary>
    public required IReadOnlyList<string> CertificateIds { get; init; }

    /// <summary>Pass as After for the next page; null on the last.</summary>
    public string? Next { get; init; }
}
