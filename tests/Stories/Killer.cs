namespace FleetPlatform.Stories;

/// <summary>Kills processes of the platform, as crashes would, at instants that a seed decides.</summary>
sealed class Killer(Platform platform, int seed)
{
    readonly Random _random = new(seed);

    /// <summary>Whose turn it is.</summary>
    /// <param name="victims">Resources, for example <c>rotation-scheduler</c>.</param>
    public string Choose(string[] victims) => victims[_random.Next(victims.Length)];

    /// <summary>Kills a resource once.</summary>
    /// <param name="victim">The resource.</param>
    /// <param name="within">The longest time until then.</param>
    /// <returns>The process that it was, for <see cref="TestKit.Fleet.IsBack(string, int)"/>.</returns>
    public async Task<int> Kill(string victim, TimeSpan within)
    {
        var former = platform.Fleet.ProcessId(victim);
        using var instant = new PeriodicTimer(TimeSpan.FromMilliseconds(1 + _random.Next((int)within.TotalMilliseconds)));
        await instant.WaitForNextTickAsync();
        platform.Fleet.Kill(victim);
        return former;
    }

    /// <summary>Kills one of the victims, again and again, the next one once the one before is back.</summary>
    /// <param name="victims">Resources; the seed decides whose turn it is.</param>
    /// <param name="times">How often at most.</param>
    /// <param name="within">The longest time from the return of one to the next kill.</param>
    /// <param name="isOver">Ends it: what was to be disturbed has ended.</param>
    /// <returns>How often it was.</returns>
    public async Task<int> Kill(string[] victims, int times, TimeSpan within, Func<bool> isOver)
    {
        var kills = 0;
        for (; kills < times && !isOver(); kills++)
        {
            var victim = Choose(victims);
            await platform.Fleet.IsBack(victim, await Kill(victim, within));
        }

        return kills;
    }
}
