using FleetPlatform.Contracts;
using MassTransit;
using Microsoft.Extensions.Logging;

namespace FleetPlatform.ServiceDefaults;

/// <summary>
/// Stands before every consumer of requests. A failure is answered, at once and as a refusal, instead of leaving the asker to its timeout.
/// A request that RabbitMQ delivers again may have been served already: its asker is told to ask again, so no request is served twice.
/// </summary>
sealed class ServeOnce(ILogger log) : IFilter<ConsumeContext>
{
    static readonly Refused AskAgain = Reasons.Unavailable.ToRefused("The service restarted while it served this request. Retry with back-off.");

    readonly ServingLog _log = new(log);

    public async Task Send(ConsumeContext context, IPipe<ConsumeContext> next)
    {
        if (context.ReceiveContext.Redelivered)
        {
            await context.RespondAsync(AskAgain);
            return;
        }

        context.AddOrUpdatePayload(() => _log, _ => _log);
        try
        {
            await next.Send(context);
        }
        catch (Exception failure) when (!context.CancellationToken.IsCancellationRequested)
        {
            _log.Failed(context.ReceiveContext.InputAddress.AbsolutePath.TrimStart('/'), failure);
            await context.RespondAsync(Failures.ToRefused(failure));
        }
    }

    public void Probe(ProbeContext context) => context.CreateFilterScope("serve-once");
}

/// <summary>What failed while serving: expected trouble is a warning without a stack, a defect an error with one.</summary>
sealed class ServingLog(ILogger log)
{
    public void Failed(string request, Exception failure)
    {
        if (Failures.IsTransient(failure)) Log.RequestUnavailable(log, request, failure.GetType().Name);
        else Log.RequestFailed(log, request, failure);
    }
}
