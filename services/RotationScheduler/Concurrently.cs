namespace FleetPlatform.RotationScheduler;

/// <summary>Many small steps that mostly wait, taken side by side: what they read, write and ask for in the same instant travels together.</summary>
static class Concurrently
{
    const int AtOnce = 128;

    public static Task Each<T>(IEnumerable<T> items, Func<T, Task> act, CancellationToken cancellation) => Parallel.ForEachAsync(
        items, new ParallelOptions { MaxDegreeOfParallelism = AtOnce, CancellationToken = cancellation }, (item, _) => new ValueTask(act(item)));

    /// <returns>How many steps said yes.</returns>
    public static async Task<int> Count<T>(IEnumerable<T> items, Func<T, Task<bool>> act, CancellationToken cancellation)
    {
        var count = 0;
        await Each(items, async item =>
        {
            if (await act(item)) Interlocked.Increment(ref count);
        }, cancellation);
        return count;
    }
}
