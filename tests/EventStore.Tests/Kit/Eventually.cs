using System.Diagnostics;

namespace FleetPlatform.Events.Tests;

/// <summary>Waiting for a condition, never for a time.</summary>
static class Eventually
{
    static readonly TimeSpan Pause = TimeSpan.FromMilliseconds(10);

    /// <summary>Waits until the condition holds.</summary>
    public static async Task Holds(Func<Task<bool>> condition, TimeSpan? within = null, string? because = null)
    {
        var limit = within ?? TimeSpan.FromSeconds(20);
        var watch = Stopwatch.StartNew();
        while (!await condition())
        {
            if (watch.Elapsed > limit) throw new TimeoutException(because ?? $"Did not hold within {limit}.");
            await Task.Delay(Pause);
        }
    }

    public static Task Holds(Func<bool> condition, TimeSpan? within = null, string? because = null) =>
        Holds(() => Task.FromResult(condition()), within, because);
}
