using FleetPlatform.Contracts.ThingRegistry;
using MassTransit;

namespace FleetPlatform.Contracts.RotationScheduler;

/// <summary>The certificates of a thing and its rotations. Answered by <see cref="ThingRotations"/>.</summary>
[MessageUrn("fleet:show-rotations:v1", useDefaultPrefix: false)]
public sealed record ShowRotations
{
    public required string ThingName { get; init; }
}

[MessageUrn("fleet:thing-rotations:v1", useDefaultPrefix: false)]
public sealed record ThingRotations
{
    public required IReadOnlyList<CertificateView> Certificates { get; init; }

    /// <summary>The newest first, at most 20.</summary>
    public required IReadOnlyList<RotationView> Rotations { get; init; }
}

public sealed record CertificateView
{
    public required string CertificateId { get; init; }
    public required CertificateStatus Status { get; init; }
    public required string Issuer { get; init; }
    public required DateTimeOffset NotBefore { get; init; }
    public required DateTimeOffset NotAfter { get; init; }

    /// <summary>When the policy renews it; null when no policy is for it.</summary>
    public DateTimeOffset? DueAt { get; init; }

    public string? Scope { get; init; }

    /// <summary>Of one that has expired: until when the policy lets its device use it to renew; null: it does not.</summary>
    public DateTimeOffset? RenewableUntil { get; init; }
}

public sealed record RotationView
{
    public required string ThingName { get; init; }
    public required int Number { get; init; }

    /// <summary>waiting, commanded, offered, overlap, retired, completed, failed or cancelled.</summary>
    public required string Phase { get; init; }

    public required int Attempt { get; init; }
    public required string OldCertificateId { get; init; }
    public string? NewCertificateId { get; init; }
    public string? CampaignId { get; init; }
    public required string Reason { get; init; }
    public required DateTimeOffset BegunAt { get; init; }
    /// <summary>When the old certificate had expired, if the device renewed it only after that, in its grace.</summary>
    public DateTimeOffset? ExpiredAt { get; init; }

    public DateTimeOffset? ProvenAt { get; init; }
    public DateTimeOffset? EndedAt { get; init; }

    /// <summary>When the scheduler does the next thing about it; null when it has ended.</summary>
    public DateTimeOffset? NextAt { get; init; }

    /// <summary>Why the last attempt, or the whole rotation, failed.</summary>
    public string? FailureCode { get; init; }

    public string? FailureDetail { get; init; }

    /// <summary>Its stream: <c>fleet events</c> shows it.</summary>
    public required string StreamId { get; init; }
}

/// <summary>Has a device rotate its certificate now. Answered by <see cref="RotationBegun"/>.</summary>
[MessageUrn("fleet:rotate-thing:v1", useDefaultPrefix: false)]
public sealed record RotateThing
{
    public required string ThingName { get; init; }

    /// <summary>Which of its certificates; null when it has only one that is active.</summary>
    public string? CertificateId { get; init; }

    public required string RequestedBy { get; init; }
}

[MessageUrn("fleet:rotation-begun:v1", useDefaultPrefix: false)]
public sealed record RotationBegun
{
    public required string ThingName { get; init; }
    public required int Number { get; init; }
    public required string StreamId { get; init; }
}

/// <summary>Ends a rotation that is not proven: the old certificate stays, an unproven one is revoked. Answered by <see cref="Done"/>.</summary>
[MessageUrn("fleet:cancel-rotation:v1", useDefaultPrefix: false)]
public sealed record CancelRotation
{
    public required string ThingName { get; init; }
    public required string RequestedBy { get; init; }
}
