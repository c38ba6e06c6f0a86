using FleetPlatform.Events;
using FleetPlatform.ServiceDefaults;

namespace FleetPlatform.Revocation.Orders;

/// <summary>
/// Carries out what is ordered, several orders at a time so that a short one does not wait for a long one. What is open is read from the
/// database, so an interrupted order goes on wherever a replica runs.
/// </summary>
sealed class RunOrders(CarryOut carryOut, EventStore store, RevocationOptions options, TimeProvider clock, ILogger<RunOrders> log) : WorkLoop(clock)
{
    readonly Dictionary<string, Task> _running = new(StringComparer.Ordinal);

    protected override TimeSpan Pause => options.OrderPoll;

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        await base.ExecuteAsync(stoppingToken);
        await Task.WhenAll(_running.Values).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
    }

    protected override void Postpone(Exception failure) => Log.OrdersPostponed(log, failure.Message, Failures.IsTransient(failure) ? null : failure);

    protected override async Task Look(CancellationToken stopping)
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
            if (Failures.IsTransient(failure)) Postpone(failure);
            else Log.OrderFailed(log, orderId, failure);
        }
    }
}
