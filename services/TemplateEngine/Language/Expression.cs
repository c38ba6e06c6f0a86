using System.Globalization;
using System.Text;

namespace FleetPlatform.TemplateEngine.Language;

/// <summary>What stands for a text: a literal, <c>Ref</c>, or a function whose result is one text.</summary>
abstract record TextExpression
{
    /// <returns>The text, or null when the scope has recorded a refusal.</returns>
    public abstract string? Evaluate(RenderScope scope);

    /// <summary>True when no parameter can change it.</summary>
    public virtual bool IsLiteral => false;
}

/// <summary>What stands for a list of texts: an array, or <c>Fn::Split</c>.</summary>
abstract record ListExpression
{
    /// <returns>The list, or null when the scope has recorded a refusal.</returns>
    public abstract IReadOnlyList<string>? Evaluate(RenderScope scope);
}

sealed record LiteralText(string Value) : TextExpression
{
    public override string Evaluate(RenderScope scope) => Value;
    public override bool IsLiteral => true;
}

sealed record Reference(string Name) : TextExpression
{
    public override string? Evaluate(RenderScope scope) => scope.Produced(scope.Resolve(Name));
}

sealed record Join(string Delimiter, ListExpression Values) : TextExpression
{
    public override string? Evaluate(RenderScope scope) =>
        Values.Evaluate(scope) is { } values && scope.Spend(Delimiter.Length * values.Count)
            ? scope.Produced(string.Join(Delimiter, values))
            : null;
}

sealed record Select(TextExpression Index, ListExpression Values) : TextExpression
{
    public override string? Evaluate(RenderScope scope)
    {
        if (Index.Evaluate(scope) is not { } index || Values.Evaluate(scope) is not { } values) return null;

        return int.TryParse(index, NumberStyles.None, CultureInfo.InvariantCulture, out var at) && at < values.Count
            ? values[at]
            : scope.Refuse(Reasons.InvalidParameters, $"Fn::Select asks for element {Quoted.Of(index)} of a list of {values.Count}.");
    }
}

sealed record FindInMap(TextExpression Map, TextExpression First, TextExpression Second) : TextExpression
{
    public override string? Evaluate(RenderScope scope)
    {
        // The keys choose among the template's own values; what they hold never becomes part of the result.
        var (map, first, second) = (scope.Key(Map), scope.Key(First), scope.Key(Second));
        if (map is null || first is null || second is null) return null;

        return scope.Template.Mappings.TryGetValue(map, out var rows)
            && rows.TryGetValue(first, out var row) && row.TryGetValue(second, out var value)
            ? scope.Produced(value)
            : scope.Refuse(Reasons.InvalidParameters,
                $"Mappings hold nothing under {Quoted.Of(map)}, {Quoted.Of(first)}, {Quoted.Of(second)}.");
    }

    public override bool IsLiteral => Map.IsLiteral && First.IsLiteral && Second.IsLiteral;
}

/// <summary>Pieces alternate as written; a variable is a name of <paramref name="Variables"/> or else a parameter.</summary>
sealed record Substitution(IReadOnlyList<SubstitutionPiece> Pieces, IReadOnlyDictionary<string, TextExpression> Variables) : TextExpression
{
    public override string? Evaluate(RenderScope scope)
    {
        var values = new Dictionary<string, string>(Variables.Count, StringComparer.Ordinal);
        foreach (var (name, expression) in Variables)
        {
            if (expression.Evaluate(scope) is not { } value) return null;
            values[name] = value;
        }

        var text = new StringBuilder();
        foreach (var piece in Pieces)
        {
            var part = piece switch
            {
                { Variable: null } => piece.Literal,
                { Variable: { } name } when values.TryGetValue(name, out var value) => value,
                { Variable: { } name } => scope.Resolve(name),
            };
            if (part is null || !scope.Spend(part.Length)) return null;
            if (piece.Variable is not null && !scope.MaySubstitute(piece.Variable, part)) return null;
            text.Append(part);
        }

        return text.ToString();
    }

    public override bool IsLiteral => Pieces.All(piece => piece.Variable is null);
}

/// <summary>Literal text, or the variable that stands there.</summary>
readonly record struct SubstitutionPiece(string Literal, string? Variable);

sealed record ListOfTexts(IReadOnlyList<TextExpression> Items) : ListExpression
{
    public override IReadOnlyList<string>? Evaluate(RenderScope scope)
    {
        var values = new string[Items.Count];
        for (var i = 0; i < values.Length; i++)
        {
            if (Items[i].Evaluate(scope) is not { } value) return null;
            values[i] = value;
        }

        return values;
    }
}

sealed record Split(string Delimiter, TextExpression Text) : ListExpression
{
    public override IReadOnlyList<string>? Evaluate(RenderScope scope) =>
        Text.Evaluate(scope) is { } text && scope.Spend(text.Length) ? text.Split(Delimiter, StringSplitOptions.None) : null;
}
