namespace FleetPlatform.TemplateEngine.Language;

/// <summary>A template body that cannot be used, with the place and what to do about it.</summary>
/// <remarks>Thrown by the parser, caught once per door that takes a body.</remarks>
sealed class TemplateSyntaxException(int line, int column, string path, string problem, string remedy)
    : Exception($"Line {line}, column {column}, {path}: {problem} {remedy}")
{
    /// <summary>From 1.</summary>
    public int Line { get; } = line;

    /// <summary>From 1, in UTF-16 characters.</summary>
    public int Column { get; } = column;

    /// <summary>JSON path, for example <c>$.Resources.thing.Properties</c>.</summary>
    public string Path { get; } = path;

    public string Problem { get; } = problem;
    public string Remedy { get; } = remedy;
}
