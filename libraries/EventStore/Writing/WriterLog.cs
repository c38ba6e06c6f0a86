using Microsoft.Extensions.Logging;

namespace FleetPlatform.Events.Writing;

static partial class WriterLog
{
    [LoggerMessage(1001, LogLevel.Debug, "{Conflicting} of {Sessions} sessions conflicted in attempt {Attempt}; the others are committed again.")]
    public static partial void ConflictsFound(ILogger logger, int conflicting, int sessions, int attempt);

    [LoggerMessage(1002, LogLevel.Warning, "The database did not confirm {Sessions} sessions.")]
    public static partial void Unavailable(ILogger logger, Exception failure, int sessions);

    [LoggerMessage(1003, LogLevel.Error, "A session on {Stream} cannot be stored.")]
    public static partial void SessionRefused(ILogger logger, Exception failure, string stream);

    [LoggerMessage(1004, LogLevel.Error, "Committing {Sessions} sessions failed.")]
    public static partial void CommitFailed(ILogger logger, Exception failure, int sessions);
}
