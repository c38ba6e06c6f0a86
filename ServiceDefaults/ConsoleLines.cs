using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Logging.Abstractions;
using Microsoft.Extensions.Logging.Console;

namespace FleetPlatform.ServiceDefaults;

/// <summary>
/// One line for each entry: time (UTC), level, category's last name, message. A stack only follows an error; below that the names and
/// messages of the exceptions say enough, and a broker that is away for a minute does not fill the screen.
/// </summary>
sealed class ConsoleLines(TimeProvider clock) : ConsoleFormatter(FormatterName)
{
    public const string FormatterName = "fleet";

    public override void Write<TState>(in LogEntry<TState> logEntry, IExternalScopeProvider? scopeProvider, TextWriter textWriter)
    {
        textWriter.Write(clock.GetUtcNow().ToString("HH:mm:ss.fff"));
        textWriter.Write(Level(logEntry.LogLevel));
        textWriter.Write(logEntry.Category.AsSpan(logEntry.Category.LastIndexOf('.') + 1));
        textWriter.Write(": ");
        textWriter.Write(logEntry.Formatter(logEntry.State, logEntry.Exception));
        if (logEntry.Exception is { } failure && logEntry.LogLevel >= LogLevel.Error)
        {
            textWriter.WriteLine();
            textWriter.Write(failure);
        }
        else
        {
            for (var cause = logEntry.Exception; cause is not null; cause = cause.InnerException)
                textWriter.Write($" <- {cause.GetType().Name}: {cause.Message}");
        }

        textWriter.WriteLine();
    }

    static string Level(LogLevel level) => level switch
    {
        LogLevel.Critical => " crit ",
        LogLevel.Error => " fail ",
        LogLevel.Warning => " warn ",
        LogLevel.Information => " info ",
        _ => " dbug ",
    };
}
