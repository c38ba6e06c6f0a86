using System.Text;
using System.Text.Json;

namespace FleetPlatform.TemplateEngine.Language;

enum SourceKind
{
    Object,
    Array,
    Text,
    Number,
    Boolean,
    Null,
}

/// <summary>A JSON value that knows where it stands in its source, which System.Text.Json's own tree does not.</summary>
sealed record SourceNode(SourceKind Kind, SourceText Source, int Offset, string Path)
{
    /// <summary>The string, or a number's or boolean's raw text; empty for the rest.</summary>
    public string Text { get; init; } = "";

    public IReadOnlyList<SourceMember> Members { get; init; } = [];
    public IReadOnlyList<SourceNode> Items { get; init; } = [];

    public SourceNode? this[string name] => Members.FirstOrDefault(member => member.Name == name)?.Value;

    /// <summary>Text, or a number or boolean written where text is meant ("Version": 2).</summary>
    public bool IsScalar => Kind is SourceKind.Text or SourceKind.Number or SourceKind.Boolean;

    public TemplateSyntaxException Error(string problem, string remedy) => Source.Error(Offset, Path, problem, remedy);
}

sealed record SourceMember(string Name, int Offset, SourceNode Value)
{
    public TemplateSyntaxException Error(string problem, string remedy) => Value.Source.Error(Offset, Value.Path, problem, remedy);
}

/// <summary>The UTF-8 of a template body, and the way from an offset to a line and a column.</summary>
sealed class SourceText(byte[] bytes)
{
    public ReadOnlySpan<byte> Bytes => bytes;

    public TemplateSyntaxException Error(int offset, string path, string problem, string remedy)
    {
        var before = bytes.AsSpan(0, Math.Min(offset, bytes.Length));
        var line = before.Count((byte)'\n') + 1;
        var column = Encoding.UTF8.GetCharCount(before[(before.LastIndexOf((byte)'\n') + 1)..]) + 1;
        return new(line, column, path, problem, remedy);
    }
}

/// <summary>Reads JSON (RFC 8259) into <see cref="SourceNode"/>s. A name that comes twice in one object is refused.</summary>
static class SourceJson
{
    /// <param name="body">The whole text.</param>
    /// <param name="maximumDepth">Deepest nesting of objects and arrays.</param>
    /// <exception cref="TemplateSyntaxException">Not JSON, too deep, or a member named twice.</exception>
    public static SourceNode Read(string body, int maximumDepth)
    {
        var source = new SourceText(Encoding.UTF8.GetBytes(body));
        var reader = new Utf8JsonReader(source.Bytes, new JsonReaderOptions { MaxDepth = maximumDepth });
        try
        {
            reader.Read();
            var root = ReadValue(ref reader, source, "$");
            reader.Read(); // nothing may follow
            return root;
        }
        catch (JsonException broken)
        {
            var offset = OffsetOf(source.Bytes, broken.LineNumber ?? 0, broken.BytePositionInLine ?? 0);
            if (source.Bytes[offset..].Trim(" \r\n\t"u8).IsEmpty)
                throw source.Error(offset, "$", "The text ends before the JSON does.", "Close what is open: a { or [, or the quotes of a text.");
            throw source.Error(offset, "$", "This is not JSON, or it is nested too deeply.",
                $"Check quotes, commas and brackets here; at most {maximumDepth} levels.");
        }
        catch (InvalidOperationException)
        {
            throw source.Error((int)reader.TokenStartIndex, "$", "The text holds half of a surrogate pair.", "Write the character itself.");
        }
    }

    static SourceNode ReadValue(ref Utf8JsonReader reader, SourceText source, string path)
    {
        var offset = (int)reader.TokenStartIndex;
        return reader.TokenType switch
        {
            JsonTokenType.StartObject => ReadObject(ref reader, source, offset, path),
            JsonTokenType.StartArray => ReadArray(ref reader, source, offset, path),
            JsonTokenType.String => new(SourceKind.Text, source, offset, path) { Text = reader.GetString()! },
            JsonTokenType.Number => new(SourceKind.Number, source, offset, path) { Text = Encoding.UTF8.GetString(reader.ValueSpan) },
            JsonTokenType.True => new(SourceKind.Boolean, source, offset, path) { Text = "true" },
            JsonTokenType.False => new(SourceKind.Boolean, source, offset, path) { Text = "false" },
            _ => new(SourceKind.Null, source, offset, path),
        };
    }

    static SourceNode ReadObject(ref Utf8JsonReader reader, SourceText source, int offset, string path)
    {
        var members = new List<SourceMember>();
        var names = new HashSet<string>(StringComparer.Ordinal);
        while (reader.Read() && reader.TokenType == JsonTokenType.PropertyName)
        {
            var nameOffset = (int)reader.TokenStartIndex;
            var name = reader.GetString()!;
            var memberPath = PathOf(path, name);
            if (!names.Add(name))
                throw source.Error(nameOffset, memberPath, $"\"{name}\" comes twice in this object.", "Keep one of the two.");

            reader.Read();
            members.Add(new(name, nameOffset, ReadValue(ref reader, source, memberPath)));
        }

        return new(SourceKind.Object, source, offset, path) { Members = members };
    }

    static SourceNode ReadArray(ref Utf8JsonReader reader, SourceText source, int offset, string path)
    {
        var items = new List<SourceNode>();
        while (reader.Read() && reader.TokenType != JsonTokenType.EndArray)
            items.Add(ReadValue(ref reader, source, $"{path}[{items.Count}]"));

        return new(SourceKind.Array, source, offset, path) { Items = items };
    }

    static string PathOf(string parent, string name) =>
        name.Length > 0 && name.All(letter => char.IsAsciiLetterOrDigit(letter) || letter == '_') ? $"{parent}.{name}" : $"{parent}['{name}']";

    static int OffsetOf(ReadOnlySpan<byte> bytes, long line, long byteInLine)
    {
        var start = 0;
        for (; line > 0; line--)
        {
            var next = bytes[start..].IndexOf((byte)'\n');
            if (next < 0) break;
            start += next + 1;
        }

        return (int)Math.Min(start + byteInLine, bytes.Length);
    }
}
