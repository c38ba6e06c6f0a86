namespace FleetPlatform.Events;

/// <summary>How events are sealed.</summary>
public sealed record SealOptions
{
    /// <summary>Most events in one seal, 1 to 10,000. Default 512.</summary>
    public int MaximumEvents { get; init; } = 512;

    /// <summary>Shortest time between two seals while events keep coming: how many share one. Default 1 second.</summary>
    public TimeSpan Linger { get; init; } = TimeSpan.FromSeconds(1);

    /// <summary>Longest time without looking, should nobody say that something was committed. Default 5 seconds.</summary>
    public TimeSpan PollInterval { get; init; } = TimeSpan.FromSeconds(5);
}
