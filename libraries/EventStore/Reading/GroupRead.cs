using System.Collections.Concurrent;
using System.Threading.Channels;

namespace FleetPlatform.Events.Reading;

/// <summary>
/// Whole streams asked for at the same time, read by one statement. A request that finds a reader idle is read at once. Each is answered from a statement
/// that began after it was asked, so that it sees whatever was committed before.
/// </summary>
sealed class GroupRead(Func<IReadOnlyCollection<StreamId>, CancellationToken, Task<ILookup<StreamId, RecordedEvent>>> read)
{
    const int MaximumReaders = 2;
    const int MaximumStreams = 128;

    readonly ConcurrentQueue<Request> _queue = new();
    readonly Channel<bool> _idle = Readers();

    /// <summary>Reads streams from their first event. A stream that does not exist has no events in the answer.</summary>
    public Task<ILookup<StreamId, RecordedEvent>> Read(IReadOnlyList<StreamId> ids, CancellationToken cancellation)
    {
        foreach (var id in ids) _ = id.Value; // refuses the default id before it can fail others
        var request = new Request(ids, cancellation);
        _queue.Enqueue(request);
        if (_idle.Reader.TryRead(out _)) Start();
        return request.Result.Task.WaitAsync(cancellation);
    }

    // The loop outlives the request that starts it and must not carry its trace along.
    void Start()
    {
        if (ExecutionContext.IsFlowSuppressed())
        {
            _ = Drain();
            return;
        }

        using (ExecutionContext.SuppressFlow()) _ = Drain();
    }

    async Task Drain()
    {
        do
        {
            while (!_queue.IsEmpty)
            {
                await Task.Yield(); // one turn of the thread pool, for what is asked in the same instant
                await ReadNext();
            }

            _idle.Writer.TryWrite(true);
        }
        while (!_queue.IsEmpty && _idle.Reader.TryRead(out _)); // whoever queued just before found no reader idle and started none
    }

    async Task ReadNext()
    {
        var requests = new List<Request>();
        var ids = new HashSet<StreamId>();
        while (ids.Count < MaximumStreams && _queue.TryDequeue(out var request))
        {
            if (request.Cancellation.IsCancellationRequested) continue; // its caller has left
            requests.Add(request);
            ids.UnionWith(request.Ids);
        }

        if (requests.Count == 0) return;
        try
        {
            // One caller's leaving stops its own statement, never that of others.
            var streams = await read(ids, requests.Count == 1 ? requests[0].Cancellation : CancellationToken.None);
            foreach (var request in requests) request.Result.TrySetResult(streams);
        }
        catch (Exception failure)
        {
            foreach (var request in requests) request.Result.TrySetException(failure);
        }
    }

    static Channel<bool> Readers()
    {
        var idle = Channel.CreateUnbounded<bool>();
        for (var i = 0; i < MaximumReaders; i++) idle.Writer.TryWrite(true);
        return idle;
    }

    sealed record Request(IReadOnlyList<StreamId> Ids, CancellationToken Cancellation)
    {
        public TaskCompletionSource<ILookup<StreamId, RecordedEvent>> Result { get; } = new(TaskCreationOptions.RunContinuationsAsynchronously);
    }
}
