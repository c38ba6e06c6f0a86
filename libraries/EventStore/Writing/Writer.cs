using System.Collections.Concurrent;
using System.Diagnostics;
using Microsoft.Extensions.Logging;
using Npgsql;

namespace FleetPlatform.Events.Writing;

/// <summary>One connection that commits what has queued up. Used by one caller at a time.</summary>
sealed class Writer(
    ConcurrentQueue<PendingAppend> queue, NpgsqlDataSource dataSource, EventStoreOptions options,
    TimeProvider clock, CommitSignal commits, ILogger logger) : IAsyncDisposable
{
    const int MaximumAttempts = 5;
    const int GatherTurns = 4;
    const long MaximumBatchLength = 8 << 20; // characters of JSON

    readonly WriterConnection _connection = new(dataSource, options.CommandTimeout, clock);
    readonly HashSet<StreamId> _streams = [];
    List<PendingAppend> _postponed = [];
    int _lastGroup = 1;

    public bool HasWork => _postponed.Count > 0 || !queue.IsEmpty;

    /// <summary>Commits what waits, as far as one transaction may hold it. Never throws: every session learns its own result.</summary>
    public async Task CommitNext()
    {
        await Gather();
        var batch = Take();
        if (batch.Count == 0) return;
        _lastGroup = batch.Count;
        try
        {
            await Commit(batch, attempt: 1);
        }
        catch (Exception failure)
        {
            // A bug of ours must reach the callers and must not stop the writer for everyone after them.
            WriterLog.CommitFailed(logger, failure, batch.Count);
            await _connection.Drop();
            foreach (var append in batch) append.Fail(failure);
        }
    }

    public ValueTask DisposeAsync() => _connection.DisposeAsync();

    // No timer: a few turns of the thread pool. The sessions of the last group continue in those turns and are often back at once; without them the
    // first one back would be committed alone and the others would wait for it. A lone session waits one turn, a few microseconds.
    async ValueTask Gather()
    {
        await Task.Yield();
        for (var turn = 0; turn < GatherTurns && queue.Count + _postponed.Count < _lastGroup; turn++) await Task.Yield();
    }

    // Two sessions on one stream would conflict within a transaction; the second goes first into the next one.
    List<PendingAppend> Take()
    {
        var batch = new List<PendingAppend>();
        var length = 0L;
        var waiting = _postponed;
        _postponed = [];
        _streams.Clear();
        foreach (var append in waiting) Place(append);
        while (batch.Count < options.MaximumBatchSessions && length < MaximumBatchLength && queue.TryDequeue(out var append)) Place(append);
        return batch;

        void Place(PendingAppend append)
        {
            if (!append.TryBegin()) return;
            if (clock.GetElapsedTime(append.QueuedAt) > options.SaveTimeout)
            {
                Telemetry.Refused.Add(1);
                append.Fail(new EventStoreUnavailableException($"The session waited longer than {options.SaveTimeout} to be committed."));
                return;
            }

            if (batch.Count >= options.MaximumBatchSessions || append.Streams.Any(write => _streams.Contains(write.Id)))
            {
                _postponed.Add(append);
                return;
            }

            foreach (var write in append.Streams) _streams.Add(write.Id);
            batch.Add(append);
            length += append.Length;
        }
    }

    async Task Commit(List<PendingAppend> batch, int attempt)
    {
        try
        {
            using var activity = Telemetry.StartCommit(batch);
            var started = Stopwatch.GetTimestamp();
            var open = await _connection.Get();
            await using (var command = AppendBatch.Create(open, batch, options.CommandTimeout))
            {
                // By hand: a statement that fails while it is being prepared automatically leaves the driver out of step.
                await command.PrepareAsync();
                await command.ExecuteNonQueryAsync();
            }

            _connection.Used();
            Telemetry.Committed(batch.Count, batch.Sum(append => append.Events.Length), Stopwatch.GetElapsedTime(started));
            commits.Committed();
            foreach (var append in batch) append.Succeed();
        }
        catch (PostgresException refused) when (Conflicts.IsConflict(refused))
        {
            var rest = await RefuseConflicting(batch, attempt);
            if (rest.Count > 0) await Again(rest, attempt);
        }
        catch (PostgresException refused) when (refused.SqlState is
            PostgresErrorCodes.DeadlockDetected or PostgresErrorCodes.SerializationFailure && attempt < MaximumAttempts)
        {
            await Commit(batch, attempt + 1);
        }
        catch (Exception failure) when (Outage.Is(failure))
        {
            await Refuse(batch, failure);
        }
        catch (PostgresException) when (batch.Count > 1)
        {
            // One session is not storable (text that jsonb refuses, a projection's own constraint): find it, and spare the others.
            foreach (var append in batch) await Commit([append], attempt: 1);
        }
        catch (PostgresException refused)
        {
            WriterLog.SessionRefused(logger, refused, batch[0].Streams[0].Id.Value);
            batch[0].Fail(refused);
        }
    }

    async Task Again(List<PendingAppend> batch, int attempt)
    {
        if (attempt < MaximumAttempts) await Commit(batch, attempt + 1);
        else if (batch.Count > 1)
            foreach (var append in batch) await Commit([append], attempt: 1);
        else batch[0].Fail(new ConcurrencyException(batch[0].Streams[0].Id, batch[0].Streams[0].ExpectedVersion, -1));
    }

    async Task<List<PendingAppend>> RefuseConflicting(List<PendingAppend> batch, int attempt)
    {
        Dictionary<string, long> versions;
        try
        {
            versions = await Conflicts.ReadVersions(await _connection.Get(), batch, options.CommandTimeout);
        }
        catch (Exception failure) when (Outage.Is(failure))
        {
            await Refuse(batch, failure);
            return [];
        }

        var rest = new List<PendingAppend>();
        foreach (var append in batch)
        {
            if (Conflicts.Find(append, versions) is { } conflict)
            {
                Telemetry.Conflicts.Add(1);
                append.Fail(conflict);
            }
            else rest.Add(append);
        }

        WriterLog.ConflictsFound(logger, batch.Count - rest.Count, batch.Count, attempt);
        return rest;
    }

    // Whether the commit went through is unknown when the connection broke: never a success.
    async Task Refuse(List<PendingAppend> batch, Exception failure)
    {
        await _connection.Drop();
        Telemetry.Refused.Add(batch.Count);
        WriterLog.Unavailable(logger, failure, batch.Count);
        foreach (var append in batch)
            append.Fail(new EventStoreUnavailableException("The database did not confirm the session.", failure));
    }
}
