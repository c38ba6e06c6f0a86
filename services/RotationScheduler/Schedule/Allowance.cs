namespace FleetPlatform.RotationScheduler.Schedule;

/// <summary>What rates per minute allow in one turn of the clock.</summary>
/// <param name="usual">Time between two turns; what the first one reckons with, and one after the clock was put back.</param>
sealed class Allowance(TimeSpan usual, TimeProvider clock)
{
    DateTimeOffset _last = DateTimeOffset.MinValue;

    /// <summary>Begins a turn.</summary>
    /// <returns>The time since the one before.</returns>
    public TimeSpan NextTurn()
    {
        var now = clock.GetUtcNow();
        var since = _last == DateTimeOffset.MinValue || now < _last ? usual : now - _last;
        _last = now;
        return since;
    }

    /// <summary>How many a rate allows after a time; after an outage, what a minute allows and no more.</summary>
    public static int Of(int perMinute, TimeSpan since) => (int)Math.Ceiling(perMinute * Math.Clamp(since.TotalMinutes, 0, 1));
}
