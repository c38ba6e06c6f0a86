namespace FleetPlatform.Events;

/// <summary>What does not agree with the chain.</summary>
public enum ChainFault
{
    /// <summary>The event is not what it was when it was sealed.</summary>
    EventChanged,

    /// <summary>The event is gone.</summary>
    EventMissing,

    /// <summary>An event stands among sealed ones that was not there.</summary>
    EventAdded,

    /// <summary>The seal is not what it was, or does not follow the one before. Its events cannot be checked.</summary>
    SealChanged,

    /// <summary>The seal is gone, and maybe others before it.</summary>
    SealMissing,
}

/// <summary>One disagreement.</summary>
/// <param name="Seal">Number of the seal.</param>
/// <param name="Sequence">Of the event; of the seal's last event where a seal is the matter, 0 where that is gone.</param>
/// <param name="StreamId">As sealed; of an added event as it stands there. Null where a seal is the matter.</param>
/// <param name="Version">Its position in that stream; null like it.</param>
public sealed record ChainFinding(ChainFault Fault, long Seal, long Sequence, string? StreamId = null, long? Version = null);

/// <summary>An end of the chain: whoever keeps it elsewhere can tell later whether the chain still runs through it.</summary>
/// <param name="Seal">Number of the seal; 0 before the first.</param>
/// <param name="Sequence">Of the last event it covers.</param>
/// <param name="Hash">SHA-256 in lower-case hex: 64 digits.</param>
public sealed record ChainHead(long Seal, long Sequence, string Hash)
{
    /// <summary>Before the first seal.</summary>
    public static ChainHead Origin { get; } = new(0, 0, Convert.ToHexStringLower(Auditing.Seal.Origin));
}

/// <summary>Where a store's chain ends, and what is behind it.</summary>
/// <param name="UnsealedEvents">Events in no seal yet.</param>
/// <param name="OldestUnsealed">When the first of them was recorded; null when there is none.</param>
public sealed record ChainState(ChainHead Head, long UnsealedEvents, DateTimeOffset? OldestUnsealed);

/// <summary>A stretch of the chain, as found.</summary>
/// <param name="Events">Events compared.</param>
/// <param name="End">The last seal looked at; the next stretch begins there.</param>
/// <param name="More">Whether seals follow.</param>
/// <param name="Findings">In order; at most 100 of each stretch, then it ends early.</param>
public sealed record VerifiedStretch(long Events, ChainHead End, bool More, IReadOnlyList<ChainFinding> Findings);
