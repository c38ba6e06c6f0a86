using System.Text.RegularExpressions;

namespace FleetPlatform.ThingRegistry.Things;

/// <summary>What attributes may be, for things and for groups (the limits of AWS IoT; docs/limits.md).</summary>
static partial class AttributeRules
{
    const int MaximumWithType = 50;
    const int MaximumWithoutType = 3;
    const int MaximumTotalCharacters = 47 * 1024;

    public static IReadOnlyDictionary<string, string> None { get; } = new SortedDictionary<string, string>(StringComparer.Ordinal);

    /// <summary>In ordinal order and without empty values: the one form that is recorded, so that equal means equal.</summary>
    public static IReadOnlyDictionary<string, string> Normalize(IEnumerable<KeyValuePair<string, string>> attributes)
    {
        var sorted = new SortedDictionary<string, string>(StringComparer.Ordinal);
        foreach (var (name, value) in attributes)
            if (!string.IsNullOrEmpty(value))
                sorted[name] = value;
        return sorted;
    }

    /// <summary>The union; an empty value in <paramref name="changes"/> removes its attribute.</summary>
    public static IReadOnlyDictionary<string, string> Merge(
        IReadOnlyDictionary<string, string> current, IReadOnlyDictionary<string, string> changes) =>
        Normalize(current.Where(attribute => !changes.ContainsKey(attribute.Key)).Concat(changes));

    public static bool Same(IReadOnlyDictionary<string, string> one, IReadOnlyDictionary<string, string> other) =>
        one.Count == other.Count && one.All(attribute => other.TryGetValue(attribute.Key, out var value) && value == attribute.Value);

    /// <summary>Null when a thing with (or without) a type may have these attributes.</summary>
    public static Refusal? Refuse(IReadOnlyDictionary<string, string> attributes, bool hasType)
    {
        var maximum = hasType ? MaximumWithType : MaximumWithoutType;
        if (attributes.Count > maximum)
            return new(Reasons.LimitExceeded.Code,
                $"At most {maximum} attributes are allowed {(hasType ? "with" : "without")} a thing type; there are {attributes.Count}.");

        var characters = 0;
        foreach (var (name, value) in attributes)
        {
            if (!AttributeName().IsMatch(name))
                return new(Reasons.InvalidRequest.Code, "Attribute names must be 1 to 128 of the characters a-z A-Z 0-9 _ . , @ / : # -.");
            if (!AttributeValue().IsMatch(value))
                return new(Reasons.InvalidRequest.Code,
                    $"The value of attribute {name} must be at most 800 of the characters a-z A-Z 0-9 _ . , @ / : # = [ ] -.");
            characters += name.Length + value.Length;
        }

        return characters > MaximumTotalCharacters
            ? new(Reasons.LimitExceeded.Code, $"Attribute names and values may hold {MaximumTotalCharacters} characters together; there are {characters}.")
            : null;
    }

    [GeneratedRegex(@"\A[a-zA-Z0-9_.,@/:#-]{1,128}\z", RegexOptions.CultureInvariant)]
    private static partial Regex AttributeName();

    [GeneratedRegex(@"\A[a-zA-Z0-9_.,@/:#=\[\]-]{0,800}\z", RegexOptions.CultureInvariant)]
    private static partial Regex AttributeValue();
}
