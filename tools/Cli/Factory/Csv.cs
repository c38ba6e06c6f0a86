using System.Text;

namespace FleetPlatform.Cli.Factory;

/// <summary>Comma-separated values (RFC 4180), also with ';' or tabs, as spreadsheets write them.</summary>
static class Csv
{
    /// <summary>Which column has one of these titles; below 0 when none has.</summary>
    /// <param name="titles">The first row.</param>
    /// <param name="names">In lower case; titles are compared without regard to case and spaces around them.</param>
    public static int FindColumn(string[] titles, string[] names) => Array.FindIndex(titles, title => names.Contains(title.Trim().ToLowerInvariant()));

    /// <summary>What to say when there is no such column, and there must be.</summary>
    public static CommandFailedException WithoutColumn(string path, string[] titles, string[] names, string remedy = "") => new(
        $"{path} has the columns {string.Join(", ", titles)}, and none is called {names[0]}.", $"On the first line, call that column one of: {string.Join(", ", names)}.{remedy}");

    /// <summary>The rows that are not empty. What separates is the first of <c>, ; tab</c> on the first line.</summary>
    public static IEnumerable<string[]> Read(string text)
    {
        if (text.StartsWith('\uFEFF')) text = text[1..];
        var firstLine = text.AsSpan(0, text.AsSpan().IndexOfAny('\r', '\n') is >= 0 and var end ? end : text.Length);
        var separator = firstLine.IndexOfAny(",;\t") is >= 0 and var at ? firstLine[at] : ',';
        var (row, field, quoted) = (new List<string>(), new StringBuilder(), false);
        for (var i = 0; i < text.Length; i++)
        {
            var c = text[i];
            if (quoted && c == '"' && i + 1 < text.Length && text[i + 1] == '"') field.Append(text[i++]);
            else if (c == '"') quoted = !quoted;
            else if (!quoted && c == separator) End();
            else if (!quoted && c is '\r' or '\n')
            {
                End();
                if (row is not [""]) yield return [.. row];
                row.Clear();
            }
            else field.Append(c);
        }

        End();
        if (row is not [""]) yield return [.. row];

        void End()
        {
            row.Add(field.ToString());
            field.Clear();
        }
    }
}
