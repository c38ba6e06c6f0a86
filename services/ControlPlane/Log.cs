namespace FleetPlatform.ControlPlane;

static partial class Log
{
    [LoggerMessage(1, LogLevel.Information, "{Operation} by {Caller}: {Status} in {Milliseconds:0.0} ms")]
    public static partial void Served(ILogger logger, string operation, string caller, int status, double milliseconds);

    [LoggerMessage(2, LogLevel.Warning, "{Operation} could not be served now: {Reason}")]
    public static partial void Unavailable(ILogger logger, string operation, string reason);

    [LoggerMessage(3, LogLevel.Error, "{Operation} failed")]
    public static partial void Failed(ILogger logger, string operation, Exception failure);
}
