namespace FleetPlatform.TemplateEngine;

static partial class Log
{
    [LoggerMessage(1, LogLevel.Warning, "Registration tasks wait: {Failure}")]
    public static partial void TasksPostponed(ILogger logger, string failure, Exception? unexpected);

    [LoggerMessage(2, LogLevel.Information, "Registration task {TaskId} has ended")]
    public static partial void TaskEnded(ILogger logger, string taskId);

    [LoggerMessage(3, LogLevel.Warning, "Claim {ClaimId} looks abused: {Signal}, seen {Times} times at once: {Detail}")]
    public static partial void ClaimSuspected(ILogger logger, string claimId, string signal, long times, string detail);
}
