using System.Buffers;

namespace FleetPlatform.TemplateEngine.Language;

/// <summary>Which texts may be names, attributes and parameters.</summary>
static class Texts
{
    static readonly SearchValues<char> NameCharacters =
        SearchValues.Create("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789:_-");

    static readonly SearchValues<char> PolicyNameCharacters =
        SearchValues.Create("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789_+=,.@-");

    static readonly SearchValues<char> AttributeNameCharacters =
        SearchValues.Create("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789_.,@/:#-");

    static readonly SearchValues<char> AttributeValueCharacters =
        SearchValues.Create("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789_.,@/:#=[]-");

    /// <summary>[a-zA-Z0-9:_-]{1,128}: things, types and groups.</summary>
    public static bool IsName(string text) => text.Length is >= 1 and <= 128 && !text.AsSpan().ContainsAnyExcept(NameCharacters);

    /// <summary>[\w+=,.@-]{1,128}: policies, as the template's author may write them.</summary>
    public static bool IsPolicyName(string text) => text.Length is >= 1 and <= 128 && !text.AsSpan().ContainsAnyExcept(PolicyNameCharacters);

    public static bool IsAttributeName(string text) =>
        text.Length is >= 1 and <= TemplateLimits.AttributeNameCharacters && !text.AsSpan().ContainsAnyExcept(AttributeNameCharacters);

    public static bool IsAttributeValue(string text) =>
        text.Length <= TemplateLimits.AttributeValueCharacters && !text.AsSpan().ContainsAnyExcept(AttributeValueCharacters);

    /// <summary>U+0000 to U+001F and U+007F to U+009F: what logs, headers and terminals take for commands.</summary>
    public static bool HasControlCharacter(string text) =>
        text.AsSpan().IndexOfAnyInRange('\0', '\u001f') >= 0 || text.AsSpan().IndexOfAnyInRange('\u007f', '\u009f') >= 0;
}

/// <summary>A value of a device, fit for a message: short and without control characters.</summary>
static class Quoted
{
    public static string Of(string value)
    {
        var shown = value.Length > 40 ? value[..40] + "…" : value;
        return '"' + string.Create(shown.Length, shown, (span, text) =>
        {
            for (var i = 0; i < span.Length; i++) span[i] = char.IsControl(text[i]) || char.IsSurrogate(text[i]) ? '�' : text[i];
        }) + '"';
    }
}
