using System.Text;
using System.Text.Encodings.Web;
using System.Text.Json;

namespace FleetPlatform.TemplateEngine.Language;

/// <summary>
/// Reads a policy document with references in it. What a device sends may stand in resources and conditions, and nowhere else:
/// effects and actions are the author's alone.
/// </summary>
sealed class PolicyParser(ExpressionParser expressions)
{
    const string Remedy = "Let parameters stand in Resource, NotResource and Condition only; write everything else literally.";

    // Stands for "whatever a parameter holds" when the document is a text with substitutions. Not a character anybody writes.
    const char Unknown = '\uE000';

    /// <param name="node">PolicyDocument: an object, JSON as a string, Fn::Sub over such a string, or Fn::FindInMap among such strings.</param>
    /// <exception cref="TemplateSyntaxException">Not a policy document, or a reference where none may be.</exception>
    public PolicyTemplate Parse(SourceNode node)
    {
        if (ExpressionParser.IsFunction(node)) return ParseFunction(node);

        if (node.Kind == SourceKind.Text)
        {
            CheckText(node, node.Text);
            return new([new PolicyLiteral(node.Text)]);
        }

        if (node.Kind != SourceKind.Object)
            throw node.Error("PolicyDocument is an object, or JSON as a string.", "Write {\"Version\": \"2012-10-17\", \"Statement\": […]}.");

        var pieces = new List<PolicyPiece>();
        var literal = new StringBuilder();
        Write(node, open: false, depth: 0, literal, pieces);
        Flush(literal, pieces);
        return new(pieces);
    }

    PolicyTemplate ParseFunction(SourceNode node)
    {
        switch (expressions.Text(node, inPolicy: true))
        {
            case Substitution substitution:
                CheckText(node, string.Concat(substitution.Pieces.Select(piece => piece.Variable is null ? piece.Literal : Unknown.ToString())));
                return new([new PolicyRaw(substitution)]);
            case FindInMap find:
                return new([new PolicyRaw(find)]);
            default:
                throw node.Error("A whole policy document cannot be the value of a parameter.", "Use Fn::Sub over the document, or Fn::FindInMap.");
        }
    }

    /// <summary>The text is JSON, and the unknown stands where it may.</summary>
    static void CheckText(SourceNode node, string text)
    {
        SourceNode document;
        try
        {
            document = SourceJson.Read(text, TemplateLimits.Depth);
        }
        catch (TemplateSyntaxException inner)
        {
            throw node.Error($"The policy document in this string is wrong at its own line {inner.Line}, column {inner.Column}: {inner.Problem}",
                "A policy document is JSON; references stand inside its strings.");
        }

        if (document.Kind != SourceKind.Object) throw node.Error("The policy document in this string is not an object.", Remedy);
        CheckUnknown(node, document, open: false, depth: 0);
    }

    static void CheckUnknown(SourceNode outer, SourceNode node, bool open, int depth)
    {
        if (!open && node.Text.Contains(Unknown, StringComparison.Ordinal)) throw Misplaced(outer, node.Path);
        foreach (var member in node.Members)
        {
            if (member.Name.Contains(Unknown, StringComparison.Ordinal)) throw Misplaced(outer, node.Path);
            CheckUnknown(outer, member.Value, open || IsOpen(member.Name, depth), depth + 1);
        }

        foreach (var item in node.Items) CheckUnknown(outer, item, open, depth);
    }

    static TemplateSyntaxException Misplaced(SourceNode outer, string inner) =>
        outer.Error($"A reference stands in {inner} of the policy document.", Remedy);

    // Statement's members, one level below the document: arrays count for nothing.
    static bool IsOpen(string name, int depth) => depth == 1 && name is "Resource" or "NotResource" or "Condition";

    void Write(SourceNode node, bool open, int depth, StringBuilder literal, List<PolicyPiece> pieces)
    {
        if (ExpressionParser.IsFunction(node))
        {
            if (!open) throw node.Error("A reference stands where a policy says what is allowed.", Remedy);
            Flush(literal, pieces);
            pieces.Add(ExpressionParser.IsListFunction(node)
                ? new PolicyList(expressions.List(node, inPolicy: true))
                : new PolicyText(expressions.Text(node, inPolicy: true)));
            return;
        }

        switch (node.Kind)
        {
            case SourceKind.Object:
                literal.Append('{');
                for (var i = 0; i < node.Members.Count; i++)
                {
                    var member = node.Members[i];
                    literal.Append(i > 0 ? "," : "").Append(Quote(member.Name)).Append(':');
                    Write(member.Value, open || IsOpen(member.Name, depth), depth + 1, literal, pieces);
                }

                literal.Append('}');
                break;
            case SourceKind.Array:
                literal.Append('[');
                for (var i = 0; i < node.Items.Count; i++)
                {
                    if (i > 0) literal.Append(',');
                    Write(node.Items[i], open, depth, literal, pieces);
                }

                literal.Append(']');
                break;
            case SourceKind.Text:
                literal.Append(Quote(node.Text));
                break;
            default:
                literal.Append(node.Kind == SourceKind.Null ? "null" : node.Text);
                break;
        }
    }

    static void Flush(StringBuilder literal, List<PolicyPiece> pieces)
    {
        if (literal.Length > 0) pieces.Add(new PolicyLiteral(literal.ToString()));
        literal.Clear();
    }

    /// <summary>As a JSON string, escaping no more than JSON needs, so that a document reads as its author wrote it.</summary>
    public static string Quote(string text) => '"' + JsonEncodedText.Encode(text, JavaScriptEncoder.UnsafeRelaxedJsonEscaping).ToString() + '"';
}
