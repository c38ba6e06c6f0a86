using System.Diagnostics;
using FleetPlatform.Contracts;
using MassTransit;

namespace FleetPlatform.ServiceDefaults;

/// <summary>Serves a batched request.</summary>
public static class BatchAnswering
{
    static readonly ActivitySource Source = new("FleetPlatform.Messaging");

    /// <summary>
    /// Answers every item of the batch in one message, in the order asked. The items run at the same time, so that their appends are
    /// committed together; each under an activity that continues the item's own trace (<see cref="ITraced"/>).
    /// </summary>
    /// <param name="context">The request.</param>
    /// <param name="answer">Serves one item. What it throws becomes a refusal of this item alone: <c>unavailable</c> or <c>internal</c>.</param>
    /// <param name="refused">Makes the answer that carries a refusal.</param>
    public static async Task AnswerEach<TItem, TAnswer, TBatchAnswer>(
        this ConsumeContext<IBatch<TItem>> context, Func<TItem, Task<TAnswer>> answer, Func<Refused, TAnswer> refused)
        where TItem : class where TAnswer : class where TBatchAnswer : class, IBatchAnswer<TAnswer>
    {
        var items = context.Message.Items;
        var answers = new TAnswer[items.Count];
        if (items.Count == 1)
        {
            answers[0] = await AnswerOne(context, items[0], answer, refused);
        }
        else
        {
            // On the pool, not one after another up to their first await: an item may compute (a signature) before it waits.
            await Task.WhenAll(items.Select((item, index) =>
                Task.Run(async () => answers[index] = await AnswerOne(context, item, answer, refused))));
        }

        await context.RespondAsync(Batches<TAnswer, TBatchAnswer>.Wrap(answers));
    }

    /// <summary>The same flow, continued from the activity that runs now: what to put into a request to the next service.</summary>
    public static FlowContext Traced(this FlowContext flow) =>
        Activity.Current is { } current ? flow with { TraceParent = current.Id } : flow;

    static async Task<TAnswer> AnswerOne<TItem, TAnswer>(
        ConsumeContext context, TItem item, Func<TItem, Task<TAnswer>> answer, Func<Refused, TAnswer> refused) where TItem : class
    {
        using var activity = Begin(item);
        try
        {
            return await answer(item);
        }
        catch (Exception failure) when (!context.CancellationToken.IsCancellationRequested)
        {
            activity?.SetStatus(ActivityStatusCode.Error, failure.GetType().Name);
            if (context.TryGetPayload<ServingLog>(out var log)) log.Failed(typeof(TItem).Name, failure);
            return refused(Failures.ToRefused(failure));
        }
    }

    static Activity? Begin<TItem>(TItem item)
    {
        if (!Source.HasListeners()) return null;

        // One message serves many traces: the item continues its own and links to the message's.
        ActivityLink[] links = Activity.Current is { } message ? [new(message.Context)] : [];
        return item is ITraced { TraceParent: { } parent } && ActivityContext.TryParse(parent, null, isRemote: true, out var asker)
            ? Source.StartActivity(ActivityKind.Server, asker, links: links, name: $"answer {Queues.Kebab(typeof(TItem).Name)}")
            : Source.StartActivity($"answer {Queues.Kebab(typeof(TItem).Name)}", ActivityKind.Server);
    }
}
