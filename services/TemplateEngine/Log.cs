namespace FleetPlatform.TemplateEngine;

static partial class Log
{
    [LoggerMessage(1, LogLevel.Warning, "Registration tasks wait: {Failure}")]
    public static partial void TasksPostponed(ILogger logger, string failure, Exception? unexpected);

    [LoggerMessage(2, LogLevel.Information, "Registration task {TaskId} has ended")]
    public static partial void TaskEnded(ILogger logger, string taskId);
}
