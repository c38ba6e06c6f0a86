using System.Diagnostics;

namespace FleetPlatform.TestKit;

/// <summary>Waits for a condition, never for a time.</summary>
public static class Eventually
{
    static readonly TimeSpan Usual = TimeSpan.FromSeconds(20);
    static readonly TimeSpan Pause = TimeSpan.FromMilliseconds(50);

    /// <summary>Repeats until the condition is true.</summary>
    /// <exception cref="TimeoutException">It was still false at the end of <paramref name="within"/> (20 s when not given).</exception>
    public static async Task IsTrue(Func<Task<bool>> condition, string what, TimeSpan? within = null)
    {
        var watch = Stopwatch.StartNew();
        while (!await condition())
        {
            if (watch.Elapsed > (within ?? Usual)) throw new TimeoutException($"Not within {within ?? Usual}: {what}");
            await Task.Delay(Pause);
        }
    }

    /// <summary>Repeats an action until it no longer throws; its last exception is thrown when time runs out.</summary>
    public static async Task Holds(Func<Task> action, TimeSpan? within = null)
    {
        var watch = Stopwatch.StartNew();
        while (true)
        {
            try
            {
                await action();
                return;
            }
            catch (Exception) when (watch.Elapsed < (within ?? Usual))
            {
                await Task.Delay(Pause);
            }
        }
    }
}
