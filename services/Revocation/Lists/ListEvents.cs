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
sealed record PublishedList(long Number, DateTimeOffset ThisUpdate, DateTimeOffset NextUpdate, long Entries);

/// <summary>What has happened to the certificates of a list since it was cut.</summary>
enum ListChange
{
    Nothing,
    Changed,

    /// <summary>A certificate whose key is in other hands does not stand on its own list yet.</summary>
    KeyCompromised,
}

/// <summary>When a list is cut.</summary>
static class ListSchedule
{
    // Cutting a list takes 5 µs per entry (docs/performance.md, `./fleet bench crl`): resting ten times as long leaves nine tenths of the time to everything
    // else. Reckoned from the entries and not from a clock: on a busy machine a short list would rest for as long as a long one.
    static readonly TimeSpan RestPerEntry = TimeSpan.FromMicroseconds(50);
    static readonly TimeSpan ShortestRest = TimeSpan.FromSeconds(1);
    static readonly TimeSpan LongestRest = TimeSpan.FromMinutes(1);

    /// <summary>
    /// Before its nextUpdate whether anything has changed or not (peers 3.2 case 13), and soon when something has: not twice in a second, and a list of a
    /// million entries not twice in 50. A key compromise waits for nothing.
    /// </summary>
    public static bool IsDue(PublishedList? published, ListChange change, TimeSpan life, DateTimeOffset now) => published switch
    {
        null => true,
        _ when now >= published.NextUpdate - (life / 2) || now < published.ThisUpdate - life => true, // the second: a clock that was set back
        _ => change == ListChange.KeyCompromised || (change == ListChange.Changed && now >= published.ThisUpdate + RestAfter(published.Entries)),
    };

    static TimeSpan RestAfter(long entries) => TimeSpan.FromTicks(Math.Clamp(entries * RestPerEntry.Ticks, ShortestRest.Ticks, LongestRest.Ticks));
}
