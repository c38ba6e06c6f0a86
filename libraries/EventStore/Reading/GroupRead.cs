using System.Collections.Concurrent;
using System.Threading.Channels;

namespace FleetPlatform.Events.Reading;

/// <summary>
/// Rows asked for by key at the same time, read by one statement. A request that finds a reader idle is read at once. Each is answered from a statement
/// that began after it was asked, so that it sees whatever was committed before. Thread-safe.
/// </summary>
/// <typeparam name="TKey">What is looked up.</typeparam>
/// <typeparam name="TRow">What there is of it.</typeparam>
/// <param name="read">Runs the statement, for at most 128 keys unless one request alone has more. What it throws, each who waits for it gets.</param>
public sealed class GroupRead<TKey, TRow>(Func<IReadOnlyCollection<TKey>, CancellationToken, Task<ILookup<TKey, TRow>>> read)
    where TKey : notnull
{
    const int MaximumReaders = 2;
    const int MaximumKeys = 128;

    readonly ConcurrentQueue<Request> _queue = new();
    readonly Channel<bool> _idle = Readers();

    /// <summary>Reads what there is of these keys; the answer may hold more, and has no rows for a key of which there is nothing.</summary>
    /// <exception cref="OperationCanceledException">The caller's token was cancelled.</exception>
    public Task<ILookup<TKey, TRow>> Read(IReadOnlyList<TKey> keys, CancellationToken cancellation)
    {
        var request = new Request(keys, cancellation);
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
        var keys = new HashSet<TKey>();
        while (keys.Count < MaximumKeys && _queue.TryDequeue(out var request))
        {
            if (request.Cancellation.IsCancellationRequested) continue; // its caller has left
            requests.Add(request);
            keys.UnionWith(request.Keys);
        }

        if (requests.Count == 0) return;
        try
        {
            // One caller's leaving stops its own statement, never that of others.
            var rows = await read(keys, requests.Count == 1 ? requests[0].Cancellation : CancellationToken.None);
            foreach (var request in requests) request.Result.TrySetResult(rows);
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

    sealed record Request(IReadOnlyList<TKey> Keys, CancellationToken Cancellation)
    {
        public TaskCompletionSource<ILookup<TKey, TRow>> Result { get; } = new(TaskCreationOptions.RunContinuationsAsynchronously);
    }
}
