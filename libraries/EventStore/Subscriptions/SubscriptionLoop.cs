using Microsoft.Extensions.Logging;
using Npgsql;

namespace FleetPlatform.Events.Subscriptions;

/// <summary>Runs one subscription: becomes its leader, reads, handles, saves, and starts over when the database goes away.</summary>
sealed class SubscriptionLoop(EventStore store, ISubscription subscription, SubscriptionOptions options, ILogger logger) : IDisposable
{
    static readonly TimeSpan ShortestHeldBackDelay = TimeSpan.FromMilliseconds(4);
    static readonly TimeSpan LongestHeldBackDelay = TimeSpan.FromMilliseconds(100);

    readonly WakeUp _wakeUp = new();
    readonly string[]? _names = subscription.IncludedEventTypes is { Count: > 0 } types ? store.EventTypes.NamesOf(types) : null;
    int _limit = options.BatchSize;
    TimeSpan _retryDelay = options.RetryDelay;
    volatile bool _leads;

    public string Name => subscription.Name;

    /// <summary>Whether this process handles the subscription at the moment.</summary>
    public bool Leads => _leads;

    public async Task Run(CancellationToken stopping)
    {
        store.Commits.Listen(_wakeUp.Ring);
        try
        {
            while (!stopping.IsCancellationRequested) await TryLead(stopping);
        }
        catch (OperationCanceledException) when (stopping.IsCancellationRequested)
        {
            // The service stops; the leadership is released already.
        }
        finally
        {
            store.Commits.Forget(_wakeUp.Ring);
        }
    }

    public void Dispose() => _wakeUp.Dispose();

    async Task TryLead(CancellationToken stopping)
    {
        try
        {
            await using var leadership = await Leadership.TryTake(store.DataSource, $"fleet.subscription.{Name}", stopping);
            if (leadership is not null)
            {
                SubscriptionLog.Leading(logger, Name);
                _leads = true;
                await Lead(leadership.Connection, stopping);
            }
        }
        catch (Exception failure) when (!stopping.IsCancellationRequested)
        {
            // Whatever it was, another subscription must not stop for it, and this one has to come back.
            SubscriptionLog.Interrupted(logger, failure, Name);
        }
        finally
        {
            _leads = false;
        }

        await Task.Delay(options.LeadershipInterval, stopping);
    }

    async Task Lead(NpgsqlConnection connection, CancellationToken stopping)
    {
        var cursor = await Checkpoint.Read(connection, Name, stopping);
        long? heldBackSince = null;
        while (true)
        {
            stopping.ThrowIfCancellationRequested();
            var started = store.Clock.GetTimestamp();
            var page = await cursor.Read(connection, store.EventTypes, _names, _limit, stopping);
            if (page.Passed > 0)
            {
                heldBackSince = null;
                if (page.Events.Count > 0 && !await TryHandle(page.Events, stopping)) continue;

                cursor = page.End;
                await Checkpoint.Save(connection, Name, cursor, stopping);
                if (page.Passed == _limit)
                {
                    _limit = Math.Min(options.BatchSize, _limit * 4);
                    continue;
                }
            }

            if (page.HeldBack)
            {
                // Any transaction of the server may hold back what was committed: its end is seen after a quarter more of its time, at the latest.
                var quarter = store.Clock.GetElapsedTime(heldBackSince ??= started).Ticks / 4;
                await _wakeUp.Wait(new(Math.Clamp(quarter, ShortestHeldBackDelay.Ticks, LongestHeldBackDelay.Ticks)), stopping);
            }
            else
            {
                heldBackSince = null;
                await _wakeUp.Wait(options.PollInterval, stopping);
            }

            var rest = options.Pace - store.Clock.GetElapsedTime(started);
            if (rest > TimeSpan.Zero) await Task.Delay(rest, stopping);
        }
    }

    // After a failure the events come one by one, so that what precedes the bad one is done with. The next read tells whether we still lead.
    async Task<bool> TryHandle(IReadOnlyList<RecordedEvent> events, CancellationToken stopping)
    {
        try
        {
            await subscription.Handle(events, stopping);
            _retryDelay = options.RetryDelay;
            Telemetry.Handled.Add(events.Count, new KeyValuePair<string, object?>("subscription", Name));
            Telemetry.Latency.Record((store.Clock.GetUtcNow() - events[0].Timestamp).TotalSeconds, new KeyValuePair<string, object?>("subscription", Name));
            return true;
        }
        catch (Exception failure) when (!stopping.IsCancellationRequested)
        {
            SubscriptionLog.Failed(logger, failure, Name, events.Count, events[0].StreamId.Value, events[0].Version, _retryDelay);
            _limit = 1;
            await Task.Delay(_retryDelay, stopping);
            _retryDelay = _retryDelay * 2 < options.MaximumRetryDelay ? _retryDelay * 2 : options.MaximumRetryDelay;
            return false;
        }
    }
}
