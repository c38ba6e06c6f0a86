using System.Diagnostics;
using FleetPlatform.Events;

namespace FleetPlatform.Revocation.Lists;

/// <summary>The life of one list; stream <c>list-{issuerId}-{shard or full}</c>.</summary>
abstract record ListEvent;

/// <summary>A list was signed and is published.</summary>
/// <param name="BaseNumber">Of a delta: the whole list that it changes.</param>
/// <param name="Octets">Of the part that is signed.</param>
sealed record ListCut(string ListId, long Number, long? BaseNumber, DateTimeOffset ThisUpdate, DateTimeOffset NextUpdate, long Entries, long Octets) : ListEvent;

/// <summary>What the next list must know of those before.</summary>
sealed record RevocationList(long LastNumber) : IAggregate<RevocationList, ListEvent>
{
    public static RevocationList Initial { get; } = new(0);

    public RevocationList Evolve(ListEvent @event) => @event switch
    {
        ListCut cut => new(Math.Max(LastNumber, cut.Number)),
        _ => throw new UnreachableException($"No fold for {@event.GetType().Name}."),
    };

    /// <summary>
    /// Numbers only rise. They are milliseconds since 1970 where possible, so that one that was signed and lost in a crash is passed over
    /// and not used again for another list.
    /// </summary>
    public long NextNumber(DateTimeOffset now) => Math.Max(LastNumber + 1, now.ToUnixTimeMilliseconds());
}

/// <summary>A list that is published, as far as it matters for the next one.</summary>
sealed record PublishedList(long Number, DateTimeOffset ThisUpdate, DateTimeOffset NextUpdate, double Seconds);

/// <summary>When a list is cut.</summary>
static class ListSchedule
{
    const double ShareOfTime = 0.1;
    static readonly TimeSpan ShortestPause = TimeSpan.FromSeconds(1);

    /// <summary>
    /// Before its nextUpdate whether anything has changed or not (peers 3.2 case 13), and at once when something has; but not twice in a second, and
    /// building one list takes no more than a tenth of the time, so that a list of a million entries cannot keep the service from everything else.
    /// </summary>
    public static bool IsDue(PublishedList? published, bool hasChanged, TimeSpan life, DateTimeOffset now) => published switch
    {
        null => true,
        _ when now >= published.NextUpdate - (life / 2) || now < published.ThisUpdate - life => true, // the second: a clock that was set back
        _ => hasChanged && now >= published.ThisUpdate + PauseAfter(published),
    };

    static TimeSpan PauseAfter(PublishedList published) =>
        TimeSpan.FromSeconds(published.Seconds / ShareOfTime) is var pause && pause > ShortestPause ? pause : ShortestPause;
}
