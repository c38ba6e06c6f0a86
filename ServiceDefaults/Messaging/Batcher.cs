using System.Diagnostics.Metrics;
using System.Threading.Channels;
using FleetPlatform.Contracts;

namespace FleetPlatform.ServiceDefaults;

/// <summary>Asks one item's question; what is asked in the same instant travels in one message. A singleton; thread-safe.</summary>
/// <remarks>
/// An idle batcher sends a lone item at once. While items keep coming they gather for <see cref="MessagingOptions.BatchPace"/>: a message costs
/// asker, server and RabbitMQ the same whatever the number of items in it, and what is served together is committed together.
/// </remarks>
/// <typeparam name="TItem">One asker's request.</typeparam>
/// <typeparam name="TAnswer">Its answer; a refusal of the item is inside it.</typeparam>
public interface IBatcher<TItem, TAnswer> where TItem : class where TAnswer : class
{
    /// <summary>Asks and waits for this item's own answer.</summary>
    /// <exception cref="RequestUnavailableException">No answer in time, or too many items wait already. Ask again, if asking twice does no harm.</exception>
    /// <exception cref="OperationCanceledException">The caller's token was cancelled.</exception>
    Task<TAnswer> Ask(TItem item, CancellationToken cancellation = default);
}

sealed class Batcher<TBatch, TItem, TBatchAnswer, TAnswer> : IBatcher<TItem, TAnswer>, IAsyncDisposable
    where TBatch : class, IBatch<TItem> where TItem : class
    where TBatchAnswer : class, IBatchAnswer<TAnswer> where TAnswer : class
{
    // Items of one message that this process is serving come to the next batcher within this time of each other.
    static readonly TimeSpan Together = TimeSpan.FromMilliseconds(2);

    readonly Asking _asking;
    readonly TimeProvider _clock;
    readonly TimeSpan _timeout;
    readonly TimeSpan _pace;
    readonly int _batchItems;
    readonly Channel<Waiting> _queue;
    readonly SemaphoreSlim _free;
    readonly int _inFlight;
    readonly Histogram<int> _batchSize;
    readonly Task _sender;
    long _sentAt;

    public Batcher(Asking asking, MessagingOptions options, TimeSpan? timeout, FleetService service, TimeProvider clock)
    {
        (_asking, _clock, _timeout, _pace, _batchItems) = (asking, clock, timeout ?? options.RequestTimeout, options.BatchPace, options.BatchItems);
        _free = new(_inFlight = options.BatchesInFlight);
        _queue = Channel.CreateBounded<Waiting>(new BoundedChannelOptions(options.BatchQueue) { FullMode = BoundedChannelFullMode.Wait });
        _batchSize = service.Meter.CreateHistogram<int>("fleet.messaging.batch_items", "{item}", "Items in one batched request.");
        _sentAt = clock.GetTimestamp() - clock.TimestampFrequency * 3600; // long ago
        using (ExecutionContext.SuppressFlow()) // the sender serves everyone: it belongs to nobody's trace
            _sender = Task.Run(SendWhatWaits);
    }

    public async Task<TAnswer> Ask(TItem item, CancellationToken cancellation = default)
    {
        cancellation.ThrowIfCancellationRequested();
        var waiting = new Waiting(item, _clock.GetTimestamp());
        if (!_queue.Writer.TryWrite(waiting))
            throw new RequestUnavailableException($"Too many {typeof(TItem).Name} wait already.");
        try
        {
            return await waiting.Answered.Task.WaitAsync(_timeout, _clock, cancellation);
        }
        catch (TimeoutException late)
        {
            throw new RequestUnavailableException($"{typeof(TItem).Name} got no answer within {_timeout.TotalSeconds:0.#} s.", late);
        }
        finally
        {
            waiting.Answered.TrySetCanceled(CancellationToken.None); // whoever left is not asked for any more
        }
    }

    async Task SendWhatWaits()
    {
        while (await _queue.Reader.WaitToReadAsync())
        {
            await _free.WaitAsync();
            await Gather();
            var batch = Take(out var oldest);
            if (batch.Count == 0)
            {
                _free.Release();
                continue;
            }

            _sentAt = _clock.GetTimestamp();
            _ = Send(batch, _timeout - _clock.GetElapsedTime(oldest));
        }
    }

    // Items that came a little earlier wait for a little later ones, only while there is a stream of them.
    Task Gather()
    {
        var since = _clock.GetElapsedTime(_sentAt);
        if (since >= _pace * 2 || _queue.Reader.Count >= _batchItems) return Task.CompletedTask;
        return Task.Delay(since < _pace - Together ? _pace - since : Together, _clock);
    }

    List<Waiting> Take(out long oldest)
    {
        var batch = new List<Waiting>();
        oldest = long.MaxValue;
        while (batch.Count < _batchItems && _queue.Reader.TryRead(out var waiting))
        {
            if (waiting.Answered.Task.IsCompleted) continue;
            batch.Add(waiting);
            oldest = Math.Min(oldest, waiting.Since);
        }

        return batch;
    }

    async Task Send(List<Waiting> batch, TimeSpan remaining)
    {
        try
        {
            _batchSize.Record(batch.Count);
            if (remaining <= TimeSpan.FromMilliseconds(1)) remaining = TimeSpan.FromMilliseconds(1);
            var answer = await _asking.Send<TBatch, TBatchAnswer>(
                null, Batches<TItem, TBatch>.Wrap(batch.ConvertAll(waiting => waiting.Item)), remaining, CancellationToken.None);
            if (answer.Refused is { } refused)
                throw new RequestUnavailableException(refused.Detail);
            if (answer.Value!.Items.Count != batch.Count)
                throw new InvalidOperationException($"{typeof(TBatch).Name}: {batch.Count} asked, {answer.Value.Items.Count} answered.");

            for (var i = 0; i < batch.Count; i++)
                batch[i].Answered.TrySetResult(answer.Value.Items[i]);
        }
        catch (Exception failure) // each asker of this batch gets it; the sender goes on with the next
        {
            foreach (var waiting in batch)
                waiting.Answered.TrySetException(failure);
        }
        finally
        {
            _free.Release();
        }
    }

    public async ValueTask DisposeAsync()
    {
        _queue.Writer.TryComplete();
        await _sender;
        for (var i = 0; i < _inFlight; i++) await _free.WaitAsync(); // what is under way ends within its timeout
        _free.Dispose();
    }

    sealed record Waiting(TItem Item, long Since)
    {
        public TaskCompletionSource<TAnswer> Answered { get; } = new(TaskCreationOptions.RunContinuationsAsynchronously);
    }
}
