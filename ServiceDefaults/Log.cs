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

    [LoggerMessage(6, LogLevel.Critical, "The hash chain over events does not run through seal {Seal}, {Hash}, which was witnessed: it was written anew or cut off, or a backup is older")]
    public static partial void ChainBroken(ILogger logger, long seal, string hash);

    [LoggerMessage(7, LogLevel.Information, "The end of the hash chain over events was not witnessed: {Failure}")]
    public static partial void NotWitnessed(ILogger logger, string failure);

    [LoggerMessage(8, LogLevel.Warning, "The broker at {Host}:{Port} does not answer; waiting for it")]
    public static partial void WaitingForBroker(ILogger logger, string host, int port);

    [LoggerMessage(9, LogLevel.Information, "The broker answers after {Milliseconds} ms")]
    public static partial void BrokerAnswers(ILogger logger, long milliseconds);
}
