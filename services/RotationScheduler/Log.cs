namespace FleetPlatform.RotationScheduler;

static partial class Log
{
    [LoggerMessage(1, LogLevel.Warning, "A turn of the rotation clock waits for the next: {Failure} {Detail}")]
    public static partial void TurnPostponed(ILogger logger, string failure, string detail, Exception? unexpected);

    [LoggerMessage(2, LogLevel.Warning, "Rotation {Thing}-{Number} waits for the next turn: {Detail}")]
    public static partial void RotationPostponed(ILogger logger, string thing, int number, string detail, Exception? unexpected);

    [LoggerMessage(3, LogLevel.Warning, "ALERT {Kind}: {Text} ({Subjects})")]
    public static partial void Alerted(ILogger logger, string kind, string text, string subjects);

    [LoggerMessage(4, LogLevel.Information, "Renewal policies changed: {Count} certificates are due at another time")]
    public static partial void Rescheduled(ILogger logger, int count);

    [LoggerMessage(6, LogLevel.Warning, "The renewal policy of {Scope} sends private keys to devices; set by {By}")]
    public static partial void KeysWillTravel(ILogger logger, string scope, string by);

    [LoggerMessage(7, LogLevel.Information, "The bus was away: {Count} commands to rotate are given again")]
    public static partial void CommandsRepeated(ILogger logger, int count);

    [LoggerMessage(5, LogLevel.Error, "The webhook was not told of an alert ({Kind}): {Detail}")]
    public static partial void WebhookGivenUp(ILogger logger, string kind, string detail);
}
