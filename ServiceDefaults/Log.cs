using Microsoft.Extensions.Logging;

namespace FleetPlatform.ServiceDefaults;

static partial class Log
{
    [LoggerMessage(1, LogLevel.Warning, "{Request} could not be served now: {Failure}")]
    public static partial void RequestUnavailable(ILogger logger, string request, string failure);

    [LoggerMessage(2, LogLevel.Error, "{Request} failed")]
    public static partial void RequestFailed(ILogger logger, string request, Exception failure);

    [LoggerMessage(3, LogLevel.Information, "Waiting for the database: {Failure}")]
    public static partial void WaitingForDatabase(ILogger logger, string failure);
}
