using System.Buffers;
using System.Text;

namespace FleetPlatform.Policy;

/// <summary>Text with wildcards and variables, ready to match. What a variable brings is text, never a pattern.</summary>
sealed class Pattern
{
    readonly string? _fixed; // without variables: the whole pattern in Glob's signs
    readonly bool _exact; // without wildcards too
    readonly Part[] _parts = [];

    Pattern(Part[] parts)
    {
        if (Array.Exists(parts, part => part.Variable is not null))
        {
            _parts = parts;
            return;
        }

        _fixed = string.Concat(parts.Select(part => part.Text));
        _exact = !_fixed.AsSpan().ContainsAny(Glob.AnySequence, Glob.AnyCharacter);
    }

    readonly record struct Part(string Text, Variable? Variable);

    public bool IsEverything => _fixed is { Length: 1 } && _fixed[0] == Glob.AnySequence;

    /// <summary>Reads a pattern as it stands in a document.</summary>
    /// <param name="text">The text.</param>
    /// <param name="wildcards">True: '*' and '?' are wildcards. False: they are themselves.</param>
    /// <param name="path">Where it stands, for the exception.</param>
    /// <exception cref="PolicySyntaxException">A variable has no end, or a character is one that no name can have.</exception>
    public static Pattern Parse(string text, bool wildcards, string path)
    {
        if (text.AsSpan().ContainsAny(Glob.AnySequence, Glob.AnyCharacter)) throw new PolicySyntaxException(path, "Holds a noncharacter.");
        var parts = new List<Part>();
        var literal = new StringBuilder();
        for (var i = 0; i < text.Length; i++)
        {
            switch (text[i])
            {
                case '*' when wildcards: literal.Append(Glob.AnySequence); break;
                case '?' when wildcards: literal.Append(Glob.AnyCharacter); break;
                case '$' when i + 1 < text.Length && text[i + 1] == '{':
                    var end = text.IndexOf('}', i);
                    if (end < 0) throw new PolicySyntaxException(path, "A variable has no closing brace.");
                    var name = text[(i + 2)..end].Trim();
                    if (name is "*" or "?" or "$")
                    {
                        literal.Append(name);
                    }
                    else
                    {
                        if (name.Length == 0) throw new PolicySyntaxException(path, "A variable has no name.");
                        if (literal.Length > 0) parts.Add(new(literal.ToString(), null));
                        literal.Clear();
                        parts.Add(new("", Variable.Parse(name)));
                    }

                    i = end;
                    break;
                case var other: literal.Append(other); break;
            }
        }

        if (literal.Length > 0) parts.Add(new(literal.ToString(), null));
        return new([.. parts]);
    }

    /// <summary>Whether the text matches.</summary>
    /// <param name="text">What is asked for.</param>
    /// <param name="context">The connection.</param>
    /// <param name="manner">How to treat variables.</param>
    public bool Matches(ReadOnlySpan<char> text, PolicyContext context, Manner manner)
    {
        if (_fixed is not null)
        {
            if (!_exact) return Glob.Matches(_fixed, text, manner.IgnoreCase);
            return text.Equals(_fixed, manner.IgnoreCase ? StringComparison.OrdinalIgnoreCase : StringComparison.Ordinal);
        }

        Span<char> small = stackalloc char[512];
        if (Expand(small, context, manner, out var length)) return length >= 0 && Glob.Matches(small[..length], text, manner.IgnoreCase);

        var large = ArrayPool<char>.Shared.Rent(length);
        try
        {
            return Expand(large, context, manner, out length) && Glob.Matches(large.AsSpan(0, length), text, manner.IgnoreCase);
        }
        finally
        {
            ArrayPool<char>.Shared.Return(large);
        }
    }

    /// <summary>Puts values in the place of variables.</summary>
    /// <returns>False when the buffer is too small; <paramref name="length"/> is then what is needed, and −1 on true when it cannot match.</returns>
    bool Expand(Span<char> buffer, PolicyContext context, Manner manner, out int length)
    {
        length = 0;
        foreach (var (text, variable) in _parts)
        {
            ReadOnlySpan<char> piece = text;
            if (variable is not null)
            {
                piece = variable.Substitute(context, manner.HasLevels);
                if (piece.IsEmpty && !manner.UnusableMatchesAll)
                {
                    length = -1;
                    return true;
                }

                if (piece.IsEmpty) piece = [Glob.AnySequence];
            }

            if (length + piece.Length <= buffer.Length) piece.CopyTo(buffer[length..]);
            length += piece.Length;
        }

        return length <= buffer.Length;
    }

    /// <summary>How to match.</summary>
    /// <param name="UnusableMatchesAll">Treat a variable without a usable value as anything (true) or as no match (false).</param>
    /// <param name="HasLevels">A value with '/' is not usable.</param>
    /// <param name="IgnoreCase">Compare without case.</param>
    internal readonly record struct Manner(bool UnusableMatchesAll, bool HasLevels, bool IgnoreCase = false);
}
