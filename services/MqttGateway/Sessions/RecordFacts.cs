using FleetPlatform.Events;

namespace FleetPlatform.MqttGateway.Sessions;

/// <summary>The one reader of <see cref="SessionRecords"/>: appends what has gathered, many at a time, so that it is committed together.</summary>
sealed class RecordFacts(SessionRecords records, EventStore store, GatewayMetrics metrics, TimeProvider clock, ILogger<RecordFacts> log) : BackgroundService
{
    const int MaximumBatch = 128;
    static readonly TimeSpan Pace = TimeSpan.FromMilliseconds(100); // what gathers meanwhile is one transaction
    static readonly TimeSpan FirstPause = TimeSpan.FromMilliseconds(200);
    static readonly TimeSpan LongestPause = TimeSpan.FromSeconds(10);

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        while (await WaitForFacts(stoppingToken))
        {
            var began = clock.GetTimestamp();
            await RecordBatch(stoppingToken);
            var rest = Pace - clock.GetElapsedTime(began);
            if (rest > TimeSpan.Zero && records.Reader.Count < MaximumBatch)
                await Task.Delay(rest, clock, stoppingToken).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        }

        // What is queued at the end is tried once: the listeners have stopped before, so the queue does not grow any more.
        while (records.Reader.TryPeek(out _)) await RecordBatch(stoppingToken);
    }

    async Task RecordBatch(CancellationToken stopping)
    {
        // One fact per stream and round: two of one session would only fight for its next version.
        var batch = new List<SessionRecords.Fact>(MaximumBatch);
        var streams = new HashSet<StreamId>();
        while (batch.Count < MaximumBatch && records.Reader.TryPeek(out var next) && streams.Add(next.Stream) && records.Reader.TryRead(out next)) batch.Add(next);
        await Task.WhenAll(batch.Select(fact => Record(fact, stopping)));
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
                await Append(fact);
                return;
            }
            catch (EventStoreUnavailableException) when (!stopping.IsCancellationRequested)
            {
                Log.RecordsWait(log, pause.TotalMilliseconds);
                await Task.Delay(pause, clock, stopping).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
            }
            catch (Exception failure) // one fact that cannot be stored must not keep the others
            {
                metrics.LostRecord("failed");
                Log.RecordFailed(log, fact.Event.GetType().Name, failure);
                return;
            }
        }
    }

    // Not cancelled by a stop: the store has its own time-outs, and a fact half written is not one.
    async Task Append(SessionRecords.Fact fact)
    {
        var metadata = new EventMetadata { CorrelationId = fact.CorrelationId, Actor = fact.Event.PrincipalId, TraceId = fact.TraceId };
        if (fact.Starts)
        {
            var session = store.OpenSession(metadata);
            session.StartStream(fact.Stream, fact.Event);
            try
            {
                await session.SaveChangesAsync();
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
            fact.Stream, history => history.Events.Contains(fact.Event) ? Decision<SessionEvent>.Nothing : fact.Event, metadata);
    }
}

/// <summary>What a session's stream says so far: enough not to say it twice.</summary>
sealed record SessionHistory(IReadOnlyList<SessionEvent> Events) : IAggregate<SessionHistory, SessionEvent>
{
    public static SessionHistory Initial { get; } = new([]);

    public SessionHistory Evolve(SessionEvent @event) => new([.. Events, @event]);
}
