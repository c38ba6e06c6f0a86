using FleetPlatform.Contracts;
using MassTransit;
using Microsoft.Extensions.Logging;

namespace FleetPlatform.ServiceDefaults;

/// <summary>
/// Stands before a consumer of requests. A failure is answered, at once and as a refusal, instead of leaving the asker to its timeout.
/// A request that RabbitMQ delivers again may have been served already: its asker is told to ask again, so no request is served twice.
/// </summary>
sealed class ServeOnce<TRequest>(Lazy<IConsumer<TRequest>> consumer, ServingLog log) where TRequest : class
{
    static readonly Refused AskAgain = Reasons.Unavailable.ToRefused("The service restarted while it served this request. Retry with back-off.");

    public async Task Serve(ConsumeContext<TRequest> context)
    {
        if (context.ReceiveContext.Redelivered)
        {
            await context.RespondAsync(AskAgain);
            return;
        }

        context.AddOrUpdatePayload(() => log, _ => log);
        try
        {
            await consumer.Value.Consume(context);
        }
        catch (Exception failure) when (!context.CancellationToken.IsCancellationRequested)
        {
            // Caught here and not by a filter around it: MassTransit answers with a fault before a filter hears of the failure.
            log.Failed(typeof(TRequest).Name, failure);
            await context.RespondAsync(Failures.ToRefused(failure));
        }
    }
}

/// <summary>What failed while serving: expected trouble is a warning without a stack, a defect an error with one.</summary>
sealed class ServingLog(ILogger<ServingLog> log)
{
    public void Failed(string request, Exception failure)
    {
        if (Failures.IsTransient(failure)) Log.RequestUnavailable(log, request, failure.GetType().Name);
        else Log.RequestFailed(log, request, failure);
    }
}
