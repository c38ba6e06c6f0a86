namespace FleetPlatform.Policy;

/// <summary>Matching against a pattern whose wildcards are written as characters no text contains, so that text stays text.</summary>
static class Glob
{
    /// <summary>Any sequence, '/' included, or nothing.</summary>
    public const char AnySequence = '\uFFFF';

    /// <summary>Exactly one character.</summary>
    public const char AnyCharacter = '\uFFFE';

    /// <summary>Whether all of <paramref name="text"/> matches. Time is at most the product of the lengths; memory is none.</summary>
    public static bool Matches(ReadOnlySpan<char> pattern, ReadOnlySpan<char> text, bool ignoreCase = false)
    {
        int p = 0, t = 0, star = -1, mark = 0;
        while (t < text.Length)
        {
            if (p < pattern.Length && pattern[p] == AnySequence)
            {
                star = p++;
                mark = t;
            }
            else if (p < pattern.Length && pattern[p] == AnyCharacter)
            {
                t += char.IsHighSurrogate(text[t]) && t + 1 < text.Length && char.IsLowSurrogate(text[t + 1]) ? 2 : 1;
                p++;
            }
            else if (p < pattern.Length && Same(pattern[p], text[t], ignoreCase))
            {
                p++;
                t++;
            }
            else if (star >= 0)
            {
                p = star + 1;
                t = ++mark;
            }
            else
            {
                return false;
            }
        }

        while (p < pattern.Length && pattern[p] == AnySequence) p++;
        return p == pattern.Length;
    }

    static bool Same(char a, char b, bool ignoreCase) => a == b || (ignoreCase && char.ToLowerInvariant(a) == char.ToLowerInvariant(b));
}
