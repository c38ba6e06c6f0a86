using System.Globalization;
using System.Text;

namespace FleetPlatform.ThingRegistry.Tags;

/// <summary>What a tag may be (the rules of AWS IoT; docs/limits.md). Characters are Unicode's, not UTF-16's.</summary>
static class TagRules
{
    const int MaximumKeyCharacters = 128;
    const int MaximumValueCharacters = 256;
    const string Reserved = "aws:";

    const string Allowed = "letters, digits, spaces and _ . : / = + - @";

    /// <summary>Null when a resource may get these tags; how many it may have is not asked here.</summary>
    public static Refusal? Refuse(IReadOnlyList<Tag> tags)
    {
        var keys = new HashSet<string>(StringComparer.Ordinal);
        foreach (var tag in tags)
        {
            if (RefuseKey(tag.Key) is { } bad) return bad;
            if (!IsText(tag.Value, 0, MaximumValueCharacters))
                return Invalid($"The value of tag {tag.Key} must be at most {MaximumValueCharacters} characters: {Allowed}.");
            if (!keys.Add(tag.Key)) return Invalid($"Tag {tag.Key} is given twice.");
        }

        return null;
    }

    public static Refusal? RefuseKey(string key)
    {
        if (!IsText(key, 1, MaximumKeyCharacters)) return Invalid($"A tag's key must be 1 to {MaximumKeyCharacters} characters: {Allowed}.");
        return key.StartsWith(Reserved, StringComparison.OrdinalIgnoreCase) ? Invalid($"Tag {key} begins with {Reserved}, which is reserved, as on AWS.") : null;
    }

    /// <summary>The refusal of more tags than a resource may have; null when there are not too many.</summary>
    public static Refusal? RefuseCount(int count, ThingRegistryOptions options) => count > options.TagsPerResource
        ? new(Reasons.LimitExceeded.Code, $"A resource has at most {options.TagsPerResource} tags ({ThingRegistryOptions.Section}:{nameof(options.TagsPerResource)}); it would have {count}.")
        : null;

    static bool IsText(string text, int minimum, int maximum)
    {
        var characters = 0;
        foreach (var rune in text.EnumerateRunes())
        {
            if (++characters > maximum || !IsAllowed(rune)) return false;
        }

        return characters >= minimum;
    }

    static bool IsAllowed(Rune rune) => Rune.IsLetter(rune)
        || Rune.GetUnicodeCategory(rune) is UnicodeCategory.DecimalDigitNumber or UnicodeCategory.LetterNumber or UnicodeCategory.OtherNumber
            or UnicodeCategory.SpaceSeparator or UnicodeCategory.LineSeparator or UnicodeCategory.ParagraphSeparator
        || rune.Value is '_' or '.' or ':' or '/' or '=' or '+' or '-' or '@';

    static Refusal Invalid(string detail) => new(Reasons.InvalidRequest.Code, detail);
}
