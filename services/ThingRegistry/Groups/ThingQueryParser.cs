using System.Text;

namespace FleetPlatform.ThingRegistry.Groups;

/// <summary>The query cannot be read.</summary>
/// <param name="at">Index of the character where it goes wrong.</param>
sealed class QuerySyntaxException(int at, string message) : Exception($"Character {at + 1}: {message}");

/// <summary>
/// Reads queries: <c>field:value</c> with wildcards and quotes, <c>field:[a TO b]</c> (braces leave the bound out, <c>*</c> is no bound), <c>field&gt;=a</c>, joined by AND, OR, NOT (or <c>-</c>) and
/// parentheses; terms that only stand side by side are joined by AND.
/// </summary>
sealed class ThingQueryParser
{
    const string Delimiters = "()[]{}\"";

    readonly string _text;
    readonly int _maximumTerms;
    int _at;
    int _terms;

    ThingQueryParser(string text, int maximumTerms) => (_text, _maximumTerms) = (text, maximumTerms);

    /// <param name="maximumTerms">Most terms of one query.</param>
    /// <exception cref="QuerySyntaxException">The text is no query, or has too many terms.</exception>
    public static ThingQuery Parse(string text, int maximumTerms)
    {
        var parser = new ThingQueryParser(text, maximumTerms);
        var query = parser.Or();
        return parser.Skip() ? throw parser.Wrong("here something stands that belongs to nothing.") : query;
    }

    ThingQuery Or()
    {
        var parts = new List<ThingQuery> { And() };
        while (TakeWord("OR")) parts.Add(And());
        return parts.Count == 1 ? parts[0] : new AnyOf(parts);
    }

    ThingQuery And()
    {
        var parts = new List<ThingQuery> { Not() };
        while (Skip() && _text[_at] != ')' && !IsWord("OR"))
        {
            TakeWord("AND");
            parts.Add(Not());
        }

        return parts.Count == 1 ? parts[0] : new AllOf(parts);
    }

    ThingQuery Not()
    {
        if (TakeWord("NOT") || Take('-')) return new NotThat(Not());
        if (!Take('(')) return Term();
        var inner = Or();
        return Take(')') ? inner : throw Wrong("a closing parenthesis is missing.");
    }

    ThingQuery Term()
    {
        if (!Skip()) throw Wrong("a term is missing.");
        if (++_terms > _maximumTerms) throw Wrong($"a query has at most {_maximumTerms} terms.");
        var from = _at;
        var name = Text(":<>", "a field").Literal;
        var field = QueryField.Parse(name)
            ?? throw new QuerySyntaxException(from, $"there is no field {Shown(name)}; known are thingName, thingTypeName, thingGroupNames and attributes.NAME.");
        if (Skip() && _text[_at] is '<' or '>') return Compared(field);
        if (!Take(':')) throw Wrong($"a colon and a value are missing after {Shown(name)}.");
        if (Take('[')) return Range(field, included: true);
        if (Take('{')) return Range(field, included: false);
        return new HasValue(field, Value());
    }

    InRange Compared(QueryField field)
    {
        var less = _text[_at++] == '<';
        var included = _at < _text.Length && _text[_at] == '=';
        if (included) _at++;
        var bound = Text("", "a value").Literal;
        return less ? new(field, null, false, bound, included) : new(field, bound, included, null, false);
    }

    InRange Range(QueryField field, bool included)
    {
        var from = Bound();
        if (!TakeWord("TO")) throw Wrong("a range is written [from TO to].");
        var to = Bound();
        if (Take(']')) return new(field, from, included, to, true);
        return Take('}') ? new(field, from, included, to, false) : throw Wrong("a range ends with ] or }.");
    }

    string? Bound()
    {
        if (Skip() && _text[_at] == '"') return Quoted();
        var bound = Text("", "a bound").Literal;
        return bound == "*" ? null : bound;
    }

    ValuePattern Value()
    {
        if (_at < _text.Length && _text[_at] == '"') return new([Quoted()]);
        return new(Text("", "a value").Pieces);
    }

    // Up to white space or a delimiter; a backslash takes the next character as it is.
    (string Literal, IReadOnlyList<string> Pieces) Text(string until, string what)
    {
        Skip();
        var (literal, piece, pieces) = (new StringBuilder(), new StringBuilder(), new List<string>());
        for (; _at < _text.Length && !char.IsWhiteSpace(_text[_at]) && !Delimiters.Contains(_text[_at]) && !until.Contains(_text[_at]); _at++)
        {
            var c = _text[_at];
            if (c == '\\')
            {
                if (++_at == _text.Length) throw Wrong("a backslash stands before nothing.");
                literal.Append(_text[_at]);
                piece.Append(_text[_at]);
                continue;
            }

            literal.Append(c);
            if (c != '*') piece.Append(c == '?' ? ValuePattern.AnyOne : c);
            else
            {
                pieces.Add(piece.ToString());
                piece.Clear();
            }
        }

        if (literal.Length == 0) throw Wrong($"{what} is missing.");
        pieces.Add(piece.ToString());
        return (literal.ToString(), pieces);
    }

    string Quoted()
    {
        var text = new StringBuilder();
        for (_at++; _at < _text.Length && _text[_at] != '"'; _at++)
        {
            if (_text[_at] == '\\' && _at + 1 < _text.Length) _at++;
            text.Append(_text[_at]);
        }

        return Take('"') ? text.ToString() : throw Wrong("a closing quote is missing.");
    }

    /// <summary>Past white space; false at the end.</summary>
    bool Skip()
    {
        while (_at < _text.Length && char.IsWhiteSpace(_text[_at])) _at++;
        return _at < _text.Length;
    }

    bool Take(char wanted)
    {
        if (!Skip() || _text[_at] != wanted) return false;
        _at++;
        return true;
    }

    bool IsWord(string word) => Skip() && string.CompareOrdinal(_text, _at, word, 0, word.Length) == 0
        && (_at + word.Length == _text.Length || char.IsWhiteSpace(_text[_at + word.Length]) || _text[_at + word.Length] is '(' or ')');

    bool TakeWord(string word)
    {
        if (!IsWord(word)) return false;
        _at += word.Length;
        return true;
    }

    QuerySyntaxException Wrong(string message) => new(_at, message);

    static string Shown(string text) => text.Length <= 64 ? $"\"{text}\"" : $"\"{text[..64]}…\"";
}
