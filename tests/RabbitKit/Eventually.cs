using System.Diagnostics;

namespace FleetPlatform.RabbitKit;

/// <summary>Waits for what another process or thread brings about.</summary>
public static class Eventually
{
    /// <param name="condition">Asked again and again until it is true.</param>
    /// <param name="what">For the message when it never is.</param>
    /// <param name="within">20 seconds when null.</param>
    /// <exception cref="TimeoutException">It was not true in time.</exception>
    public static async Task Is(Func<Task<bool>> condition, string what, TimeSpan? within = null)
    {
        var watch = Stopwatch.StartNew();
        while (!await condition())
        {
            if (watch.Elapsed > (within ?? TimeSpan.FromSeconds(20))) throw new TimeoutException($"Not within {watch.Elapsed}: {what}");
            await Task.Delay(20);
        }
    }

    /// <inheritdoc cref="Is(Func{Task{bool}},string,TimeSpan?)"/>
    public static Task Is(Func<bool> condition, string what, TimeSpan? within = null) => Is(() => Task.FromResult(condition()), what, within);
}
