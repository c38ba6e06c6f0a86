using System.Collections.Concurrent;
using System.Threading.Channels;
using Microsoft.Extensions.Logging;
using Npgsql;

namespace FleetPlatform.Events.Writing;

/// <summary>
/// The queue of sessions, and the writers that empty it: each takes everything that has queued up and commits it as one transaction. A session that
/// finds a writer idle is committed at once; nobody waits for a group to fill.
/// </summary>
sealed class GroupCommit : IAsyncDisposable
{
    readonly ConcurrentQueue<PendingAppend> _queue = new();
    readonly Channel<Writer> _idle = Channel.CreateUnbounded<Writer>();
    readonly EventStoreOptions _options;
    readonly TimeProvider _clock;
    volatile bool _disposed;

    public GroupCommit(NpgsqlDataSource dataSource, EventStoreOptions options, TimeProvider clock, CommitSignal commits, ILogger logger)
    {
        _options = options;
        _clock = clock;
        for (var i = 0; i < options.Writers; i++) _idle.Writer.TryWrite(new(_queue, dataSource, options, clock, commits, logger));
    }

    /// <summary>Queues a session and waits for its own result.</summary>
    public async Task Save(PendingAppend append, CancellationToken cancellation)
    {
        cancellation.ThrowIfCancellationRequested();
        ObjectDisposedException.ThrowIf(_disposed, this);
        if (_queue.Count >= _options.MaximumQueuedSessions)
        {
            Telemetry.Refused.Add(1);
            throw new EventStoreUnavailableException($"{_options.MaximumQueuedSessions} sessions are waiting to be committed already.");
        }

        append.QueuedAt = _clock.GetTimestamp();
        _queue.Enqueue(append);
        if (_idle.Reader.TryRead(out var writer)) Start(writer);

        try
        {
            await append.Result.WaitAsync(cancellation);
        }
        catch (OperationCanceledException) when (cancellation.IsCancellationRequested)
        {
            append.TryAbandon();
            throw;
        }
    }

    public async ValueTask DisposeAsync()
    {
        if (_disposed) return;
        _disposed = true;
        for (var i = 0; i < _options.Writers; i++) await (await _idle.Reader.ReadAsync()).DisposeAsync();
    }

    // The loop outlives the session that starts it: it must not carry that session's trace along.
    void Start(Writer writer)
    {
        if (ExecutionContext.IsFlowSuppressed())
        {
            _ = Drain(writer);
            return;
        }

        using (ExecutionContext.SuppressFlow()) _ = Drain(writer);
    }

    async Task Drain(Writer writer)
    {
        while (true)
        {
            while (writer.HasWork) await writer.CommitNext();

            _idle.Writer.TryWrite(writer);
            // Whoever queued just before this writer became idle found none to start.
            if (_queue.IsEmpty || !_idle.Reader.TryRead(out var again)) return;
            writer = again;
        }
    }
}
