using MassTransit;

namespace FleetPlatform.Contracts;

/// <summary>Asks a service where the hash chain over its events ends. Every service with a store answers on <c>queue:{service}-find-chain-end</c>.</summary>
[MessageUrn("fleet:find-chain-end:v1", useDefaultPrefix: false)]
public sealed record FindChainEnd;

/// <summary>An end of a chain; kept elsewhere, it tells later whether the chain still runs through it.</summary>
[MessageUrn("fleet:chain-end:v1", useDefaultPrefix: false)]
public sealed record ChainEnd
{
    /// <summary>Number of the last seal; 0 when there is none.</summary>
    public required long Seal { get; init; }

    /// <summary>Sequence number of the last event it covers.</summary>
    public required long Sequence { get; init; }

    /// <summary>SHA-256 in lower-case hex.</summary>
    public required string Hash { get; init; }

    /// <summary>Events in no seal yet.</summary>
    public required long UnsealedEvents { get; init; }

    /// <summary>When the first of those was recorded.</summary>
    public DateTimeOffset? OldestUnsealed { get; init; }
}

/// <summary>Asks a service to compare a stretch of its events with the chain. Every service with a store answers on <c>queue:{service}-verify-events</c>.</summary>
[MessageUrn("fleet:verify-events:v1", useDefaultPrefix: false)]
public sealed record VerifyEvents
{
    /// <summary>0 to begin, then as the answer before said; so are sequence and hash.</summary>
    public long AfterSeal { get; init; }

    public long AfterSequence { get; init; }

    /// <summary>64 hex digits; null to begin.</summary>
    public string? AfterHash { get; init; }

    /// <summary>Not beyond this seal; null for all there are.</summary>
    public long? UntilSeal { get; init; }
}

[MessageUrn("fleet:events-verified:v1", useDefaultPrefix: false)]
public sealed record EventsVerified
{
    /// <summary>Events compared.</summary>
    public required long Events { get; init; }

    /// <summary>The last seal of the stretch, with its last sequence number and its hash as written.</summary>
    public required long Seal { get; init; }

    public required long Sequence { get; init; }
    public required string Hash { get; init; }

    /// <summary>Whether seals follow.</summary>
    public required bool More { get; init; }

    /// <summary>What does not agree, in order; at most 100, then the stretch ends early.</summary>
    public required IReadOnlyList<AuditFinding> Findings { get; init; }
}

public enum AuditFault
{
    EventChanged = 0,
    EventMissing = 1,
    EventAdded = 2,
    SealChanged = 3,
    SealMissing = 4,
}

public sealed record AuditFinding
{
    public required AuditFault Fault { get; init; }
    public required long Seal { get; init; }

    /// <summary>Sequence number of the event; of the seal's last one where a seal is the matter.</summary>
    public required long Sequence { get; init; }

    public string? StreamId { get; init; }
    public long? Version { get; init; }
}
