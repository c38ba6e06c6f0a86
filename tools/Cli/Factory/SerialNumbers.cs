using System.Text.Json;

namespace FleetPlatform.Cli.Factory;

/// <summary>A vendor's list of serial numbers.</summary>
static class SerialNumbers
{
    public static readonly string[] Columns = ["serial", "serialnumber", "serial_number", "serial number", "sn"];

    /// <summary>
    /// Reads a file with one serial number a line; a CSV whose first line names a column of serial numbers; or JSON, an array of texts or of objects
    /// with such a member.
    /// </summary>
    /// <exception cref="CommandFailedException">None of these, or several columns without such a title.</exception>
    public static IReadOnlyList<string> Read(string path)
    {
        var text = File.ReadAllText(path);
        return text.AsSpan().TrimStart() is ['[', ..] ? OfJson(path, text) : OfRows(path, [.. Csv.Read(text)]);
    }

    static List<string> OfRows(string path, List<string[]> rows)
    {
        if (rows.Count == 0) return [];
        var column = Csv.FindColumn(rows[0], Columns);
        // Of several columns the first is no better guess than another, and its title would become a device.
        if (column < 0 && rows[0].Length > 1) throw Csv.WithoutColumn(path, rows[0], Columns, " Without titles, write one serial number a line.");
        return [.. rows.Skip(column < 0 ? 0 : 1).Select(row => row.ElementAtOrDefault(Math.Max(column, 0))?.Trim() ?? "").Where(serial => serial.Length > 0)];
    }

    static List<string> OfJson(string path, string text)
    {
        try
        {
            using var document = JsonDocument.Parse(text);
            return [.. document.RootElement.EnumerateArray().Select(item => item.ValueKind == JsonValueKind.String ? item.GetString()!
                : item.EnumerateObject().First(member => Columns.Contains(member.Name.ToLowerInvariant())).Value.GetString()!)];
        }
        catch (Exception wrong) when (wrong is JsonException or InvalidOperationException)
        {
            throw new CommandFailedException($"{path} is no list of serial numbers: {wrong.Message}", "Write [\"SN1\", …] or [{\"serial\": \"SN1\"}, …].");
        }
    }
}
