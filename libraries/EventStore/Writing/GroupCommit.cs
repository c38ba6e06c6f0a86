using System.Threading.Channels;
using Microsoft.Extensions.Logging;
using Npgsql;

namespace FleetPlatform.Events.Writing;

/// <summary>
/// The queue of sessions, and the writers that empty it: each takes everything that has queued up and commits it as one transaction. A lone session is
/// committed at once; nobody waits for a group to fill.
/// </summary>
sealed class GroupCommit : IAsyncDisposable
{
    readonly Channel<PendingAppend> _queue;
    readonly EventStoreOptions _options;
    readonly TimeProvider _clock;
    readonly Lazy<Task> _writers;

    public GroupCommit(NpgsqlDataSource dataSource, EventStoreOptions options, TimeProvider clock, CommitSignal commits, ILogger logger)
    {
        _options = options;
        _clock = clock;
        _queue = Channel.CreateBounded<PendingAppend>(new BoundedChannelOptions(options.MaximumQueuedSessions)
        {
            SingleReader = options.Writers == 1,
        });
        _writers = new(() => Task.WhenAll(Enumerable.Range(0, options.Writers).Select(_ => Task.Run(Write))));

        async Task Write()
        {
            await using var writer = new Writer(_queue.Reader, dataSource, options, clock, commits, logger);
            await writer.Run();
        }
    }

    /// <summary>Queues a session and waits for its own result.</summary>
    public async Task Save(PendingAppend append, CancellationToken cancellation)
    {
        cancellation.ThrowIfCancellationRequested();
        _ = _writers.Value;
        append.QueuedAt = _clock.GetTimestamp();
        if (!_queue.Writer.TryWrite(append))
        {
            Telemetry.Refused.Add(1);
            throw new EventStoreUnavailableException($"{_options.MaximumQueuedSessions} sessions are waiting to be committed already.");
        }

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
        _queue.Writer.TryComplete();
        if (_writers.IsValueCreated) await _writers.Value;
    }
}
