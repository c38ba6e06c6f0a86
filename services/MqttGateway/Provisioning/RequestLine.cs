namespace FleetPlatform.MqttGateway.Provisioning;

/// <summary>
/// The provisioning requests of one connection that are not answered yet. They are served at the same time and answered in the order
/// they came, because clients tell answers apart by their topic alone (aws-protocol 1.8).
/// </summary>
/// <param name="outstanding">Requests being served at once.</param>
/// <param name="rejections">Rejections that may wait behind them.</param>
sealed class RequestLine(int outstanding, int rejections)
{
    readonly Lock _gate = new();
    Task _last = Task.CompletedTask;
    int _waiting;

    /// <summary>Takes a place in the line.</summary>
    /// <returns>Serve it, reject it, or end the connection.</returns>
    public Place Enter()
    {
        var waiting = Interlocked.Increment(ref _waiting);
        if (waiting <= outstanding) return Place.Served;
        if (waiting <= outstanding + rejections) return Place.Rejected;
        Interlocked.Decrement(ref _waiting);
        return Place.Flooded;
    }

    /// <summary>Leaves the line with an answer, when all who came before have left.</summary>
    /// <param name="answering">Makes the answer; under way already. Must not fail.</param>
    /// <param name="deliver">Sends it. Must not fail.</param>
    public void Leave<T>(Task<T> answering, Action<T> deliver)
    {
        lock (_gate) _last = After(_last, answering, deliver);
    }

    async Task After<T>(Task earlier, Task<T> answering, Action<T> deliver)
    {
        await earlier.ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        try
        {
            deliver(await answering);
        }
        finally
        {
            Interlocked.Decrement(ref _waiting);
        }
    }
}

/// <summary>A request's place in a <see cref="RequestLine"/>.</summary>
enum Place
{
    Served = 0,
    Rejected = 1,
    Flooded = 2,
}
