using FleetPlatform.Events;

namespace FleetPlatform.MqttGateway.Sessions;

/// <summary>The one reader of <see cref="SessionRecords"/>: appends what has gathered, many at a time, so that it is committed together.</summary>
sealed class RecordFacts(SessionRecords records, EventStore store, GatewayMetrics metrics, TimeProvider clock, ILogger<RecordFacts> log) : BackgroundService
{
    const int MaximumBatch = 128;
    static readonly TimeSpan FirstPause = TimeSpan.FromMilliseconds(200);
    static readonly TimeSpan LongestPause = TimeSpan.FromSeconds(10);

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        var batch = new List<SessionRecords.Fact>(MaximumBatch);
        while (await WaitForFacts(stoppingToken))
        {
            // One fact per stream and round: two of one session would only fight for its next version.
            var streams = new HashSet<StreamId>();
            while (batch.Count < MaximumBatch && records.Reader.TryPeek(out var next) && streams.Add(next.Stream) && records.Reader.TryRead(out next)) batch.Add(next);
            await Task.WhenAll(batch.Select(fact => Record(fact, stoppingToken)));
            batch.Clear();
        }
    }

    async Task<bool> WaitForFacts(CancellationToken stopping)
    {
        try
        {
            return await records.Reader.WaitToReadAsync(stopping);
        }
        catch (OperationCanceledException)
        {
            return false;
        }
    }

    async Task Record(SessionRecords.Fact fact, CancellationToken stopping)
    {
        for (var pause = FirstPause; ; pause = pause * 2 < LongestPause ? pause * 2 : LongestPause)
        {
            try
            {
                await Append(fact, stopping);
                return;
            }
            catch (EventStoreUnavailableException)
            {
                Log.RecordsWait(log, pause.TotalMilliseconds);
                await Task.Delay(pause, clock, stopping).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
                if (!stopping.IsCancellationRequested) continue;
                metrics.LostRecord("stopping");
                return;
            }
            catch (Exception failure) // one fact that cannot be stored must not keep the others
            {
                metrics.LostRecord("failed");
                Log.RecordFailed(log, fact.Event.GetType().Name, failure);
                return;
            }
        }
    }

    async Task Append(SessionRecords.Fact fact, CancellationToken stopping)
    {
        var metadata = new EventMetadata { CorrelationId = fact.CorrelationId, Actor = fact.Event.PrincipalId, TraceId = fact.TraceId };
        if (fact.Starts)
        {
            var session = store.OpenSession(metadata);
            session.StartStream(fact.Stream, fact.Event);
            try
            {
                await session.SaveChangesAsync(stopping);
                return;
            }
            catch (ConcurrencyException) when (fact.Event is FirstConnected)
            {
                return; // it was not the first
            }
            catch (ConcurrencyException)
            {
                // A refused packet came to the record before the connection it was on; or we tried before, and it was stored.
            }
        }

        await store.WriteToAggregate<SessionHistory, SessionEvent>(
            fact.Stream, history => history.Events.Contains(fact.Event) ? Decision<SessionEvent>.Nothing : fact.Event, metadata, stopping);
    }
}

/// <summary>What a session's stream says so far: enough not to say it twice.</summary>
sealed record SessionHistory(IReadOnlyList<SessionEvent> Events) : IAggregate<SessionHistory, SessionEvent>
{
    public static SessionHistory Initial { get; } = new([]);

    public SessionHistory Evolve(SessionEvent @event) => new([.. Events, @event]);
}
