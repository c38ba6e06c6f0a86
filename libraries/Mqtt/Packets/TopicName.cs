using System.Text;

namespace FleetPlatform.Mqtt;

/// <summary>The rules for the topic of a message (MQTT 5.0 §4.7).</summary>
public static class TopicName
{
    /// <summary>Refuses what can never be a topic, whatever the limits.</summary>
    /// <exception cref="MalformedPacketException">Wildcards [MQTT-3.3.2-2], control characters or non-characters ([MQTT-1.5.4-1], §1.5.4).</exception>
    internal static string Check(string topic) => topic.AsSpan().ContainsAny('+', '#')
        ? throw new MalformedPacketException(ReasonCode.TopicNameInvalid, "A topic name has wildcards.")
        : HasControlCharacters(topic) ? throw new MalformedPacketException(ReasonCode.TopicNameInvalid, "A topic name has control characters.") : topic;

    /// <summary>True for a topic that may be published on, within the given limits.</summary>
    /// <param name="topic">As published.</param>
    /// <param name="maximumBytes">Longest topic, in bytes of UTF-8.</param>
    /// <param name="maximumSlashes">Deepest topic, counted in '/'.</param>
    public static bool IsValid(ReadOnlySpan<char> topic, int maximumBytes, int maximumSlashes) =>
        !topic.IsEmpty && !topic.ContainsAny('+', '#') && !HasControlCharacters(topic) && Fits(topic, maximumBytes, maximumSlashes);

    internal static bool Fits(ReadOnlySpan<char> topic, int maximumBytes, int maximumSlashes) =>
        topic.Length <= maximumBytes && topic.Count('/') <= maximumSlashes && Encoding.UTF8.GetByteCount(topic) <= maximumBytes;

    /// <summary>True when the text holds U+0000 to U+001F or U+007F to U+009F, which §1.5.4 lets a receiver refuse.</summary>
    public static bool HasControlCharacters(ReadOnlySpan<char> text) =>
        text.IndexOfAnyInRange('\u0000', '\u001F') >= 0 || text.IndexOfAnyInRange('\u007F', '\u009F') >= 0;
}

/// <summary>Topic strings seen lately, so that a device that keeps publishing on one topic costs no string each time.</summary>
/// <remarks>Direct-mapped and lock-free: a collision replaces, a race at worst allocates once more.</remarks>
sealed class TopicCache
{
    const int Slots = 4096;
    readonly string?[] _slots = new string?[Slots];

    public static TopicCache Shared { get; } = new();

    public string Get(ReadOnlySpan<byte> utf8)
    {
        if (utf8.Length > 256) return Encoding.UTF8.GetString(utf8);

        var hash = new HashCode();
        hash.AddBytes(utf8);
        ref var slot = ref _slots[hash.ToHashCode() & (Slots - 1)];
        var cached = Volatile.Read(ref slot);
        // Ascii.Equals is false for any non-ASCII topic, which is then simply not cached.
        if (cached is not null && Ascii.Equals(utf8, cached)) return cached;

        var topic = Encoding.UTF8.GetString(utf8);
        if (topic.Length == utf8.Length) Volatile.Write(ref slot, topic);
        return topic;
    }
}
