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

    [LoggerMessage(4, LogLevel.Information, "Warmed up within {Milliseconds} ms")]
    public static partial void WarmedUp(ILogger logger, long milliseconds);

    [LoggerMessage(5, LogLevel.Information, "{Step} could not be gone through ahead of the first request: {Failure}")]
    public static partial void NotWarmedUp(ILogger logger, string step, string failure);
}
