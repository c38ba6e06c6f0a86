using System.Globalization;

namespace FleetPlatform.ThingRegistry.Groups;

/// <summary>What a query can ask of a thing.</summary>
/// <param name="Groups">Static groups that it is in itself.</param>
sealed record ThingFacts(string Name, string? TypeName, IReadOnlyDictionary<string, string> Attributes, IReadOnlyList<string> Groups);

/// <summary>A query over things, in the part of AWS's fleet indexing language that <see cref="ThingQueryParser"/> reads. Values compare by ordinal.</summary>
abstract record ThingQuery
{
    public abstract bool Matches(ThingFacts thing);
}

sealed record AllOf(IReadOnlyList<ThingQuery> Parts) : ThingQuery
{
    public override bool Matches(ThingFacts thing) => Parts.All(part => part.Matches(thing));
}

sealed record AnyOf(IReadOnlyList<ThingQuery> Parts) : ThingQuery
{
    public override bool Matches(ThingFacts thing) => Parts.Any(part => part.Matches(thing));
}

sealed record NotThat(ThingQuery Part) : ThingQuery
{
    public override bool Matches(ThingFacts thing) => !Part.Matches(thing);
}

/// <summary>A field has a value like this one; a thing without the field does not match.</summary>
sealed record HasValue(QueryField Field, ValuePattern Value) : ThingQuery
{
    public override bool Matches(ThingFacts thing) => Field.Of(thing).Any(Value.Matches);
}

/// <summary>A field's value lies between two. As numbers where the bounds are numbers (then a value that is none does not match), else as texts.</summary>
/// <param name="From">Null: no lower bound.</param>
/// <param name="To">Null: no upper bound.</param>
sealed record InRange(QueryField Field, string? From, bool FromIncluded, string? To, bool ToIncluded) : ThingQuery
{
    public override bool Matches(ThingFacts thing) => Field.Of(thing).Any(Contains);

    bool Contains(string value)
    {
        if (!(IsNumberOrNone(From) && IsNumberOrNone(To)))
            return (From is null || Within(string.CompareOrdinal(value, From), FromIncluded)) && (To is null || Within(string.CompareOrdinal(To, value), ToIncluded));
        return Number(value) is { } number
            && (Number(From) is not { } from || Within(number.CompareTo(from), FromIncluded)) && (Number(To) is not { } to || Within(to.CompareTo(number), ToIncluded));
    }

    static bool Within(int comparison, bool included) => comparison > 0 || (included && comparison == 0);

    static bool IsNumberOrNone(string? bound) => bound is null || Number(bound) is not null;

    static double? Number(string? text) =>
        double.TryParse(text, NumberStyles.AllowLeadingSign | NumberStyles.AllowDecimalPoint, CultureInfo.InvariantCulture, out var number) ? number : null;
}

/// <summary>Where in a thing to look.</summary>
/// <param name="Attribute">Null for the fields that every thing has.</param>
sealed record QueryField(string Name, string? Attribute)
{
    const string AttributePrefix = "attributes.";

    /// <returns>Null for a field that queries do not know.</returns>
    public static QueryField? Parse(string text) => text switch
    {
        "thingName" or "thingTypeName" or "thingGroupNames" => new(text, null),
        _ when text.StartsWith(AttributePrefix, StringComparison.Ordinal) && text.Length > AttributePrefix.Length => new(text, text[AttributePrefix.Length..]),
        _ => null,
    };

    public IEnumerable<string> Of(ThingFacts thing) => Name switch
    {
        "thingName" => [thing.Name],
        "thingTypeName" => thing.TypeName is { } type ? [type] : [],
        "thingGroupNames" => thing.Groups,
        _ => thing.Attributes.TryGetValue(Attribute!, out var value) ? [value] : [],
    };
}

/// <summary>A text in which <c>*</c> stands for any characters and <c>?</c> for one.</summary>
/// <param name="Pieces">What stands between the stars; <see cref="AnyOne"/> in it for a question mark.</param>
sealed record ValuePattern(IReadOnlyList<string> Pieces)
{
    /// <summary>No value of a thing holds it: those are ASCII.</summary>
    public const char AnyOne = '\uE000';

    public bool Matches(string value)
    {
        if (Pieces.Count == 1) return value.Length == Pieces[0].Length && IsAt(value, 0, Pieces[0]);
        if (!IsAt(value, 0, Pieces[0])) return false;
        var at = Pieces[0].Length;
        foreach (var piece in Pieces.Skip(1).SkipLast(1))
        {
            while (!IsAt(value, at, piece))
                if (++at + piece.Length > value.Length) return false;
            at += piece.Length;
        }

        var end = value.Length - Pieces[^1].Length;
        return end >= at && IsAt(value, end, Pieces[^1]);
    }

    static bool IsAt(string value, int at, string piece)
    {
        if (at + piece.Length > value.Length) return false;
        for (var i = 0; i < piece.Length; i++)
            if (piece[i] != AnyOne && piece[i] != value[at + i]) return false;
        return true;
    }
}
