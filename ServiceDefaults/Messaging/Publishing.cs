using MassTransit;

namespace FleetPlatform.ServiceDefaults;

/// <summary>Publishing that ends, whatever becomes of the broker.</summary>
public static class Publishing
{
    /// <summary>How long the broker's confirm is waited for.</summary>
    public static readonly TimeSpan Limit = TimeSpan.FromSeconds(15);

    /// <summary>
    /// Publishes a message and waits for the broker's confirm. Of a message that is under way when a broker dies the client can wait for it for ever, and then nothing
    /// that comes after it would be published: it is given up, and whoever publishes does so again. A message may therefore arrive twice.
    /// </summary>
    /// <param name="messageId">By which a repetition is told; a new one when null.</param>
    /// <exception cref="TimeoutException">No confirm within <see cref="Limit"/>: the broker is away, or nothing is known of the message.</exception>
    public static Task PublishInTime(this IPublishEndpoint bus, object message, CancellationToken cancellation, Guid? messageId = null) =>
        InTime(limited => bus.Publish(message, message.GetType(), Pipe.Execute<PublishContext>(context => context.MessageId = messageId ?? context.MessageId), limited), Limit, cancellation);

    /// <summary>Ends with <paramref name="publish"/> or at <paramref name="limit"/>, even if that does not end.</summary>
    public static async Task InTime(Func<CancellationToken, Task> publish, TimeSpan limit, CancellationToken cancellation)
    {
        using var limited = CancellationTokenSource.CreateLinkedTokenSource(cancellation);
        limited.CancelAfter(limit);
        try
        {
            await publish(limited.Token).WaitAsync(limited.Token);
        }
        catch (OperationCanceledException ended) when (!cancellation.IsCancellationRequested)
        {
            throw new TimeoutException($"The broker has not confirmed a message within {limit.TotalSeconds:0} s.", ended);
        }
    }
}
