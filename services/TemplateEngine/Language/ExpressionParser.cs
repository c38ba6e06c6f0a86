namespace FleetPlatform.TemplateEngine.Language;

/// <summary>Reads references and functions (aws-protocol.md 2.5).</summary>
/// <param name="mapNames">Names under Mappings, so that a wrong one is found when the template is written.</param>
sealed class ExpressionParser(IReadOnlySet<string> mapNames)
{
    const string Functions = "Known: Ref, Fn::Join, Fn::Select, Fn::Split, Fn::FindInMap, Fn::Sub.";

    /// <summary>True for <c>{"Ref": …}</c> and <c>{"Fn::…": …}</c>.</summary>
    public static bool IsFunction(SourceNode node) =>
        node is { Kind: SourceKind.Object, Members.Count: 1 }
        && (node.Members[0].Name == "Ref" || node.Members[0].Name.StartsWith("Fn::", StringComparison.Ordinal));

    /// <summary>True for the one function whose result is a list.</summary>
    public static bool IsListFunction(SourceNode node) => IsFunction(node) && node.Members[0].Name == "Fn::Split";

    /// <param name="node">A scalar or a function whose result is a text.</param>
    /// <param name="inPolicy">Refuses Fn::Join, as AWS does inside policies.</param>
    /// <exception cref="TemplateSyntaxException">Anything else.</exception>
    public TextExpression Text(SourceNode node, bool inPolicy = false)
    {
        if (node.IsScalar) return new LiteralText(node.Text);
        if (!IsFunction(node)) throw node.Error("A text is expected here.", "Write a string, {\"Ref\": …} or a function that gives a text.");

        var (name, argument) = (node.Members[0].Name, node.Members[0].Value);
        return name switch
        {
            "Ref" when argument is { Kind: SourceKind.Text, Text.Length: > 0 } => new Reference(argument.Text),
            "Ref" => throw argument.Error("Ref takes the name of a parameter.", "Write {\"Ref\": \"SerialNumber\"}."),
            "Fn::Join" when inPolicy => throw node.Error("Fn::Join is not supported inside a policy.", "Use Fn::Sub."),
            "Fn::Join" => Join(argument),
            "Fn::Select" => Select(argument, inPolicy),
            "Fn::FindInMap" => FindInMap(argument, inPolicy),
            "Fn::Sub" => Substitution(argument, inPolicy),
            "Fn::Split" => throw node.Error("Fn::Split gives a list where a text is expected.", "Take one element with Fn::Select."),
            _ => throw node.Error($"\"{name}\" is not a function.", Functions),
        };
    }

    /// <param name="node">An array of texts, or Fn::Split.</param>
    /// <param name="inPolicy">As in <see cref="Text"/>.</param>
    /// <exception cref="TemplateSyntaxException">Anything else.</exception>
    public ListExpression List(SourceNode node, bool inPolicy = false)
    {
        if (node.Kind == SourceKind.Array) return new ListOfTexts([.. node.Items.Select(item => Text(item, inPolicy))]);
        if (!IsListFunction(node)) throw node.Error("A list is expected here.", "Write an array of strings, or Fn::Split.");

        var (delimiter, text) = Pair(node.Members[0].Value, "Fn::Split", "[\"-\", {\"Ref\": \"SerialNumber\"}]");
        if (delimiter is not { Kind: SourceKind.Text, Text.Length: > 0 })
            throw delimiter.Error("The delimiter of Fn::Split is a text of at least one character.", "Write it as a string.");

        return new Split(delimiter.Text, Text(text, inPolicy));
    }

    Join Join(SourceNode argument)
    {
        var (delimiter, values) = Pair(argument, "Fn::Join", "[\"-\", [\"sensor\", {\"Ref\": \"SerialNumber\"}]]");
        return delimiter.Kind == SourceKind.Text
            ? new Join(delimiter.Text, List(values))
            : throw delimiter.Error("The delimiter of Fn::Join is a text.", "Write \"\" to join without one.");
    }

    Select Select(SourceNode argument, bool inPolicy)
    {
        var (index, values) = Pair(argument, "Fn::Select", "[0, {\"Fn::Split\": [\"-\", {\"Ref\": \"SerialNumber\"}]}]");
        var select = new Select(Text(index, inPolicy), List(values, inPolicy));
        if (select.Index is not LiteralText literal) return select;

        if (!int.TryParse(literal.Value, out var at) || at < 0)
            throw index.Error("The index of Fn::Select is a number from 0.", "Write 0 for the first element.");
        return select.Values is ListOfTexts list && at >= list.Items.Count
            ? throw index.Error($"The list has {list.Items.Count} elements.", "Elements are counted from 0.")
            : select;
    }

    FindInMap FindInMap(SourceNode argument, bool inPolicy)
    {
        if (argument is not { Kind: SourceKind.Array, Items.Count: 3 })
            throw argument.Error("Fn::FindInMap takes a map and two keys.", "Write [\"Regions\", {\"Ref\": \"Country\"}, \"endpoint\"].");

        var map = Text(argument.Items[0], inPolicy);
        if (map is LiteralText name && !mapNames.Contains(name.Value))
            throw argument.Items[0].Error($"Mappings hold no \"{name.Value}\".",
                mapNames.Count == 0 ? "Add a Mappings section." : $"Known: {string.Join(", ", mapNames)}.");

        return new FindInMap(map, Text(argument.Items[1], inPolicy), Text(argument.Items[2], inPolicy));
    }

    Substitution Substitution(SourceNode argument, bool inPolicy)
    {
        if (argument.Kind == SourceKind.Text) return new Substitution(Pieces(argument), new Dictionary<string, TextExpression>());

        var (text, variables) = Pair(argument, "Fn::Sub", "\"thing-${SerialNumber}\" or [\"thing-${n}\", {\"n\": {\"Ref\": \"SerialNumber\"}}]");
        if (text.Kind != SourceKind.Text) throw text.Error("Fn::Sub substitutes in a literal text.", "Write the text as a string.");
        if (variables.Kind != SourceKind.Object || IsFunction(variables))
            throw variables.Error("The variables of Fn::Sub are an object.", "Write {\"name\": value, …}.");

        return new Substitution(Pieces(text),
            variables.Members.ToDictionary(member => member.Name, member => Text(member.Value, inPolicy), StringComparer.Ordinal));
    }

    /// <summary>Cuts a text at its variables. Policy variables (iot:, aws:) are none of ours and stay; ${!x} is ${x} as written.</summary>
    static List<SubstitutionPiece> Pieces(SourceNode node)
    {
        var text = node.Text;
        var pieces = new List<SubstitutionPiece>();
        var literal = new System.Text.StringBuilder();
        for (var at = 0; at < text.Length;)
        {
            var open = text.IndexOf("${", at, StringComparison.Ordinal);
            if (open < 0)
            {
                literal.Append(text, at, text.Length - at);
                break;
            }

            literal.Append(text, at, open - at);
            var close = text.IndexOf('}', open);
            if (close < 0) throw node.Error("\"${\" is never closed.", "Close it with }, or write ${!…} for a literal ${…}.");

            var name = text[(open + 2)..close];
            if (name.StartsWith('!')) literal.Append("${").Append(name, 1, name.Length - 1).Append('}');
            else if (IsPolicyVariable(name)) literal.Append("${").Append(name).Append('}');
            else if (name.Length == 0 || name.Contains("${", StringComparison.Ordinal) || Texts.HasControlCharacter(name) || name.Trim() != name)
                throw node.Error($"\"${{{name}}}\" is not a variable.", "Put the name of a parameter between the braces, without spaces.");
            else
            {
                pieces.Add(new(literal.ToString(), null));
                pieces.Add(new("", name));
                literal.Clear();
            }

            at = close + 1;
        }

        pieces.Add(new(literal.ToString(), null));
        return [.. pieces.Where(piece => piece.Variable is not null || piece.Literal.Length > 0)];
    }

    static bool IsPolicyVariable(string name) =>
        name.StartsWith("iot:", StringComparison.Ordinal) || name.StartsWith("aws:", StringComparison.Ordinal);

    static (SourceNode First, SourceNode Second) Pair(SourceNode argument, string function, string example) =>
        argument is { Kind: SourceKind.Array, Items: [var first, var second] }
            ? (first, second)
            : throw argument.Error($"{function} takes two arguments.", $"Write {example}.");
}
