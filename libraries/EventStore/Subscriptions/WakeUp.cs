namespace FleetPlatform.Events.Subscriptions;

/// <summary>A bell that remembers one ring.</summary>
sealed class WakeUp : IDisposable
{
    readonly SemaphoreSlim _bell = new(0);
    int _rung;

    public void Ring()
    {
        if (Interlocked.Exchange(ref _rung, 1) == 0) _bell.Release();
    }

    /// <summary>Waits for a ring since the last wait, or for the time to pass.</summary>
    public async Task Wait(TimeSpan atMost, CancellationToken cancellation)
    {
        await _bell.WaitAsync(atMost, cancellation);
        Volatile.Write(ref _rung, 0);
    }

    public void Dispose() => _bell.Dispose();
}
