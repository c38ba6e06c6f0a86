using System.Globalization;

namespace FleetPlatform.RotationScheduler.Renewals;

/// <summary>When rotations may begin: days of the week and a time of day, in UTC. A window that ends before it begins runs over midnight.</summary>
/// <param name="Days">The days on which it begins.</param>
/// <param name="From">Included.</param>
/// <param name="To">Excluded.</param>
sealed record MaintenanceWindow(IReadOnlySet<DayOfWeek> Days, TimeOnly From, TimeOnly To)
{
    static readonly string[] Names = ["Sun", "Mon", "Tue", "Wed", "Thu", "Fri", "Sat"];

    /// <summary>Reads <c>Sat,Sun 02:00-05:00</c> or <c>22:00-04:00</c>; null for anything else.</summary>
    public static MaintenanceWindow? TryParse(string text)
    {
        var parts = text.Split(' ', StringSplitOptions.RemoveEmptyEntries);
        if (parts.Length is 0 or > 2) return null;

        var days = new HashSet<DayOfWeek>();
        if (parts.Length == 2)
        {
            foreach (var name in parts[0].Split(','))
            {
                var day = Array.IndexOf(Names, name);
                if (day < 0) return null;
                days.Add((DayOfWeek)day);
            }
        }
        else
        {
            days.UnionWith(Enum.GetValues<DayOfWeek>());
        }

        return parts[^1].Split('-') is [var from, var to] && Time(from) is { } begin && Time(to) is { } end && begin != end ? new(days, begin, end) : null;
    }

    /// <summary>Whether rotations may begin now. Without windows always.</summary>
    public static bool AnyOpen(IReadOnlyList<string> windows, DateTimeOffset now) =>
        windows.Count == 0 || windows.Any(text => TryParse(text)?.IsOpen(now) ?? false);

    public bool IsOpen(DateTimeOffset now)
    {
        var utc = now.UtcDateTime;
        var (day, time) = (utc.DayOfWeek, TimeOnly.FromDateTime(utc));
        if (From < To) return Days.Contains(day) && time >= From && time < To;
        return (Days.Contains(day) && time >= From) || (Days.Contains(utc.AddDays(-1).DayOfWeek) && time < To);
    }

    static TimeOnly? Time(string text) =>
        TimeOnly.TryParseExact(text, "HH:mm", CultureInfo.InvariantCulture, DateTimeStyles.None, out var time) ? time : null;
}
