using System.Buffers;

namespace FleetPlatform.Events;

/// <summary>The name of an event stream: <c>{category}-{key}</c>, for example <c>thing-SN-0042</c>. Compared by ordinal.</summary>
public readonly record struct StreamId
{
    /// <summary>Longest key, in UTF-16 characters.</summary>
    public const int MaximumKeyLength = 200;

    static readonly SearchValues<char> CategoryLetters = SearchValues.Create("abcdefghijklmnopqrstuvwxyz");

    readonly string? _value;

    StreamId(string value) => _value = value;

    /// <summary>The whole name, as stored.</summary>
    /// <exception cref="InvalidOperationException">This is <c>default(StreamId)</c>, which names nothing.</exception>
    public string Value => _value ?? throw new InvalidOperationException("A default StreamId names no stream.");

    /// <summary>What stands before the first <c>-</c>.</summary>
    public string Category => Value[..Value.IndexOf('-', StringComparison.Ordinal)];

    /// <summary>What stands after the first <c>-</c>; may itself hold <c>-</c>.</summary>
    public string Key => Value[(Value.IndexOf('-', StringComparison.Ordinal) + 1)..];

    /// <summary>Names a stream.</summary>
    /// <param name="category">What kind of thing the stream is about: letters a to z, at least one.</param>
    /// <param name="key">Which one: 1 to 200 characters, no control characters, no lone surrogates.</param>
    /// <exception cref="ArgumentException">One of the two is out of range.</exception>
    public static StreamId Of(string category, string key)
    {
        ArgumentException.ThrowIfNullOrEmpty(category);
        ArgumentException.ThrowIfNullOrEmpty(key);
        if (category.AsSpan().ContainsAnyExcept(CategoryLetters))
            throw new ArgumentException($"A stream category is made of the letters a to z; \"{category}\" is not.", nameof(category));
        if (key.Length > MaximumKeyLength)
            throw new ArgumentException($"A stream key has at most {MaximumKeyLength} characters; this one has {key.Length}.", nameof(key));
        foreach (var rune in key.EnumerateRunes())
        {
            // EnumerateRunes replaces a lone surrogate, which UTF-8 cannot carry: two such keys would become one stream.
            if (System.Text.Rune.IsControl(rune) || rune == System.Text.Rune.ReplacementChar)
                throw new ArgumentException("A stream key holds no control characters and no broken text.", nameof(key));
        }

        return new($"{category}-{key}");
    }

    /// <summary>Reads a whole stream name, as a person types it or a message carries it.</summary>
    /// <returns>False when <paramref name="text"/> is no valid stream name.</returns>
    public static bool TryParse(string? text, out StreamId id)
    {
        id = default;
        var dash = text?.IndexOf('-', StringComparison.Ordinal) ?? -1;
        if (dash < 1 || dash == text!.Length - 1) return false;

        try
        {
            id = Of(text[..dash], text[(dash + 1)..]);
            return true;
        }
        catch (ArgumentException)
        {
            return false;
        }
    }

    internal static StreamId FromStored(string value) => new(value);

    public override string ToString() => _value ?? "";
}
