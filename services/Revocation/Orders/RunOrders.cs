using System.Threading.Channels;
using FleetPlatform.Events;
using FleetPlatform.ServiceDefaults;
using Npgsql;
using ConcurrencyException = FleetPlatform.Events.ConcurrencyException;

namespace FleetPlatform.Revocation.Orders;

/// <summary>
/// Carries out what is ordered, several orders at a time so that a short one does not wait for a long one. What is open is read from the
/// database, so an interrupted order goes on wherever a replica runs.
/// </summary>
sealed class RunOrders(CarryOut carryOut, EventStore store, RevocationOptions options, TimeProvider clock, ILogger<RunOrders> log) : BackgroundService
{
    readonly Channel<bool> _wake = Channel.CreateBounded<bool>(new BoundedChannelOptions(1) { FullMode = BoundedChannelFullMode.DropWrite });
    readonly Dictionary<string, Task> _running = new(StringComparer.Ordinal);

    /// <summary>There is something to do.</summary>
    public void Wake() => _wake.Writer.TryWrite(true);

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        while (!stoppingToken.IsCancellationRequested)
        {
            try
            {
                await Begin(stoppingToken);
            }
            catch (OperationCanceledException) when (stoppingToken.IsCancellationRequested)
            {
                return;
            }
            catch (Exception failure) when (IsPassing(failure) && !stoppingToken.IsCancellationRequested)
            {
                Log.OrdersPostponed(log, failure.Message);
            }

            await Wait(stoppingToken);
        }

        await Task.WhenAll(_running.Values).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
    }

    async Task Begin(CancellationToken stopping)
    {
        foreach (var (done, _) in _running.Where(order => order.Value.IsCompleted).ToArray()) _running.Remove(done);
        foreach (var orderId in await OrdersTable.FindOpen(store.DataSource, stopping))
        {
            if (_running.Count >= options.ConcurrentOrders) return;
            if (!_running.ContainsKey(orderId)) _running[orderId] = Task.Run(() => Run(orderId, stopping), stopping);
        }
    }

    async Task Run(string orderId, CancellationToken stopping)
    {
        try
        {
            while (await carryOut.NextPage(orderId, stopping))
            {
            }

            Log.OrderCompleted(log, orderId);
            Wake(); // another may be waiting for this one's place
        }
        catch (Exception failure) when (!stopping.IsCancellationRequested)
        {
            // It stays open and is taken up again: nothing ordered is forgotten.
            if (IsPassing(failure)) Log.OrdersPostponed(log, failure.Message);
            else Log.OrderFailed(log, orderId, failure);
        }
    }

    async Task Wait(CancellationToken stopping)
    {
        using var poll = CancellationTokenSource.CreateLinkedTokenSource(stopping);
        var timer = Task.Delay(options.OrderPoll, clock, poll.Token);
        await Task.WhenAny(timer, _wake.Reader.WaitToReadAsync(poll.Token).AsTask());
        await poll.CancelAsync();
        _wake.Reader.TryRead(out _);
    }

    static bool IsPassing(Exception failure) =>
        failure is RequestUnavailableException or EventStoreUnavailableException or ConcurrencyException or NpgsqlException or TimeoutException;
}
