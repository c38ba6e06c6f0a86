using System.Text;

namespace FleetPlatform.Mqtt;

/// <summary>The rules for what may be subscribed to (MQTT 5.0 §4.7).</summary>
public static class TopicFilter
{
    /// <summary>What begins a shared subscription.</summary>
    internal const string SharePrefix = "$share/";

    /// <summary>True for a filter whose wildcards stand where they may, and which is within the limits.</summary>
    /// <param name="filter">As asked; not one of a shared subscription.</param>
    /// <param name="maximumBytes">Longest filter, in bytes of UTF-8.</param>
    /// <param name="maximumSlashes">Deepest filter, counted in '/'.</param>
    public static bool IsValid(ReadOnlySpan<char> filter, int maximumBytes, int maximumSlashes)
    {
        if (filter.IsEmpty || !TopicName.Fits(filter, maximumBytes, maximumSlashes) || TopicName.HasControlCharacters(filter)) return false; // [MQTT-4.7.3-1]
        for (var rest = filter; ;)
        {
            var slash = rest.IndexOf('/');
            var level = slash < 0 ? rest : rest[..slash];
            if (level.ContainsAny('+', '#'))
            {
                if (level.Length > 1) return false;               // a wildcard fills its level [MQTT-4.7.1-1], [MQTT-4.7.1-2]
                if (level[0] == '#' && slash >= 0) return false;  // '#' is the last [MQTT-4.7.1-1]
            }

            if (slash < 0) return true;
            rest = rest[(slash + 1)..];
        }
    }

    /// <summary>True when the filter has '+' or '#'.</summary>
    public static bool HasWildcards(ReadOnlySpan<char> filter) => filter.ContainsAny('+', '#');

    /// <summary>Whether a topic matches a filter. The topic tree does this faster for many filters; the rules are these.</summary>
    /// <param name="hashMatchesParent">The standard says true: <c>a/#</c> matches <c>a</c> (§4.7.1.2).</param>
    public static bool Matches(ReadOnlySpan<char> filter, ReadOnlySpan<char> topic, bool hashMatchesParent = true)
    {
        // A wildcard in the first level does not match topics that begin with '$' [MQTT-4.7.2-1].
        if (topic.StartsWith("$") && filter.Length > 0 && filter[0] is '+' or '#') return false;
        while (true)
        {
            if (filter is "#") return true;
            var filterSlash = filter.IndexOf('/');
            var topicSlash = topic.IndexOf('/');
            var level = filterSlash < 0 ? filter : filter[..filterSlash];
            if (level is not "+" && !level.SequenceEqual(topicSlash < 0 ? topic : topic[..topicSlash])) return false; // [MQTT-4.7.3-4]
            if (filterSlash < 0 || topicSlash < 0)
                return filterSlash < 0 == topicSlash < 0 || (topicSlash < 0 && hashMatchesParent && filter[(filterSlash + 1)..] is "#");
            filter = filter[(filterSlash + 1)..];
            topic = topic[(topicSlash + 1)..];
        }
    }
}
