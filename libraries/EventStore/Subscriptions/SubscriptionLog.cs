using Microsoft.Extensions.Logging;

namespace FleetPlatform.Events.Subscriptions;

static partial class SubscriptionLog
{
    [LoggerMessage(1101, LogLevel.Information, "This process runs the subscription {Subscription}.")]
    public static partial void Leading(ILogger logger, string subscription);

    [LoggerMessage(1102, LogLevel.Warning, "The subscription {Subscription} was interrupted and starts over.")]
    public static partial void Interrupted(ILogger logger, Exception failure, string subscription);

    [LoggerMessage(1103, LogLevel.Error, "The subscription {Subscription} failed on {Events} events from {Stream} at {Version} on; again in {Delay}.")]
    public static partial void Failed(ILogger logger, Exception failure, string subscription, int events, string stream, long version, TimeSpan delay);

    [LoggerMessage(1104, LogLevel.Warning, "Announcements of other replicas are not heard; subscriptions poll until they are.")]
    public static partial void NotListening(ILogger logger, Exception failure);
}
