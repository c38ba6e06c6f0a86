using System.Text;

namespace FleetPlatform.Cli.Factory;

/// <summary>Comma-separated values (RFC 4180), also with ';' or tabs, as spreadsheets write them.</summary>
static class Csv
{
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
