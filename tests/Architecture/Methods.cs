using System.Text.RegularExpressions;

namespace FleetPlatform.Architecture;

/// <summary>Finds method bodies by their braces: crude, but right for code laid out by .editorconfig.</summary>
static partial class Methods
{
    /// <summary>Every block-bodied method of a file, with the line it starts on (from 1) and the lines it spans.</summary>
    public static IEnumerable<(int FirstLine, int Lines)> In(SourceFile file)
    {
        for (var i = 0; i + 1 < file.Lines.Length; i++)
        {
            if (!Signature().IsMatch(file.Lines[i]) || file.Lines[i].Contains("=>", StringComparison.Ordinal)) continue;
            var open = i;
            while (open < file.Lines.Length && file.Lines[open].Trim() != "{" && !file.Lines[open].TrimEnd().EndsWith(';')) open++;
            if (open >= file.Lines.Length || file.Lines[open].Trim() != "{") continue;
            var indent = file.Lines[open].Length - file.Lines[open].TrimStart().Length;
            var close = Array.FindIndex(file.Lines, open + 1, line => line.TrimEnd() == new string(' ', indent) + "}");
            if (close > 0) yield return (i + 1, close - i + 1);
        }
    }

    [GeneratedRegex(@"^\s+(public |internal |private |protected )?(static |async |override |virtual |sealed |unsafe )*[\w<>\[\],\.\?\(\) ]+ \w+(<[\w, ]+>)?\(.*$")]
    private static partial Regex Signature();
}
