using System.Diagnostics.Metrics;
using System.Threading.Channels;
using FleetPlatform.Contracts;

namespace FleetPlatform.ServiceDefaults;

/// <summary>Asks one item's question; what is asked in the same instant travels in one message. A singleton; thread-safe.</summary>
/// <remarks>Nothing waits to be joined: an idle batcher sends a lone item at once. Only while all its messages are under way do items gather.</remarks>
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
    readonly Asking _asking;
    readonly TimeProvider _clock;
    readonly TimeSpan _timeout;
    readonly int _batchItems;
    readonly Channel<Waiting> _queue;
    readonly Histogram<int> _batchSize;
    readonly Task[] _senders;

    public Batcher(Asking asking, MessagingOptions options, TimeSpan? timeout, FleetService service, TimeProvider clock)
    {
        (_asking, _clock, _timeout, _batchItems) = (asking, clock, timeout ?? options.RequestTimeout, options.BatchItems);
        _queue = Channel.CreateBounded<Waiting>(new BoundedChannelOptions(options.BatchQueue) { FullMode = BoundedChannelFullMode.Wait });
        _batchSize = service.Meter.CreateHistogram<int>("fleet.messaging.batch_items", "{item}", "Items in one batched request.");
        using (ExecutionContext.SuppressFlow()) // a sender serves everyone: it belongs to nobody's trace
            _senders = [.. Enumerable.Range(0, options.BatchesInFlight).Select(_ => Task.Run(SendWhatWaits))];
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
        var batch = new List<Waiting>(_batchItems);
        while (await _queue.Reader.WaitToReadAsync())
        {
            var oldest = long.MaxValue;
            while (batch.Count < _batchItems && _queue.Reader.TryRead(out var waiting))
            {
                if (waiting.Answered.Task.IsCompleted) continue;
                batch.Add(waiting);
                oldest = Math.Min(oldest, waiting.Since);
            }

            if (batch.Count > 0) await Send(batch, _timeout - _clock.GetElapsedTime(oldest));
            batch.Clear();
        }
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
    }

    public async ValueTask DisposeAsync()
    {
        _queue.Writer.TryComplete();
        await Task.WhenAll(_senders);
    }

    sealed record Waiting(TItem Item, long Since)
    {
        public TaskCompletionSource<TAnswer> Answered { get; } = new(TaskCreationOptions.RunContinuationsAsynchronously);
    }
}
