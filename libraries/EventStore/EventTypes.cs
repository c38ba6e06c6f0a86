using System.Text.Json;
using System.Text.Json.Nodes;

namespace FleetPlatform.Events;

/// <summary>Stored name ⇄ type, for every event a service records. Names are pinned: never taken from the type.</summary>
/// <remarks>Built once at start (EventNames.cs); reading is thread-safe afterwards.</remarks>
public sealed class EventTypes
{
    const int MaximumNameLength = 500; // mt_events.type is varchar(500)

    readonly Dictionary<string, Type> _types = new(StringComparer.Ordinal);
    readonly Dictionary<Type, EventName> _names = [];
    readonly Dictionary<string, Upcaster> _upcasters = new(StringComparer.Ordinal);

    /// <summary>Every mapped name, with its type.</summary>
    public IReadOnlyDictionary<string, Type> All => _types;

    /// <summary>Pins the stored name of an event.</summary>
    /// <param name="pinnedName">1 to 500 characters, for example <c>certificate.signed.v1</c>.</param>
    /// <exception cref="ArgumentException">The name is out of range, or the name or the type is mapped already.</exception>
    public EventTypes Map<TEvent>(string pinnedName) where TEvent : class
    {
        ArgumentException.ThrowIfNullOrWhiteSpace(pinnedName);
        if (pinnedName.Length > MaximumNameLength)
            throw new ArgumentException($"An event name has at most {MaximumNameLength} characters.", nameof(pinnedName));
        if (typeof(TEvent).IsAbstract)
            throw new ArgumentException($"{typeof(TEvent).Name} is abstract and can never be recorded.", nameof(pinnedName));
        if (_types.TryGetValue(pinnedName, out var taken))
            throw new ArgumentException($"\"{pinnedName}\" already names {taken.Name}.", nameof(pinnedName));
        if (_upcasters.ContainsKey(pinnedName))
            throw new ArgumentException($"\"{pinnedName}\" is upcast and cannot be recorded any more.", nameof(pinnedName));
        if (_names.TryGetValue(typeof(TEvent), out var named))
            throw new ArgumentException($"{typeof(TEvent).Name} is already named \"{named.Name}\".", nameof(pinnedName));

        _types.Add(pinnedName, typeof(TEvent));
        _names.Add(typeof(TEvent), new(pinnedName, $"{typeof(TEvent).FullName}, {typeof(TEvent).Assembly.GetName().Name}"));
        return this;
    }

    /// <summary>Reads events stored under an older name as if they had been stored under a newer one. Chains are followed.</summary>
    /// <param name="storedName">The name no longer recorded.</param>
    /// <param name="asName">A mapped name, or another upcast one.</param>
    /// <param name="change">Changes the stored body to the newer shape. Pure. May change and return its argument.</param>
    /// <exception cref="ArgumentException">The old name is still mapped or upcast already, or the chain would be a circle.</exception>
    public EventTypes Upcast(string storedName, string asName, Func<JsonObject, JsonObject> change)
    {
        ArgumentNullException.ThrowIfNull(change);
        if (_types.ContainsKey(storedName) || _upcasters.ContainsKey(storedName))
            throw new ArgumentException($"\"{storedName}\" is mapped or upcast already.", nameof(storedName));
        for (var name = asName; name is not null; name = _upcasters.GetValueOrDefault(name)?.As)
        {
            if (name == storedName) throw new ArgumentException($"\"{storedName}\" would be upcast to itself.", nameof(asName));
        }

        _upcasters.Add(storedName, new(asName, change));
        return this;
    }

    /// <summary>The pinned name under which this event is stored.</summary>
    /// <exception cref="ArgumentException">The type is not mapped.</exception>
    public string NameOf(Type type) => Find(type).Name;

    /// <summary>The names under which events of these types are stored, or were before they were upcast.</summary>
    /// <param name="types">Mapped, or bases of mapped ones.</param>
    /// <exception cref="ArgumentException">No event is of one of them.</exception>
    internal string[] NamesOf(IReadOnlyCollection<Type> types)
    {
        if (types.FirstOrDefault(type => !_names.Keys.Any(type.IsAssignableFrom)) is { } unknown)
            throw new ArgumentException($"{unknown.Name} is not the type of any event. Map it in EventNames.", nameof(types));
        return [.. _types.Keys.Concat(_upcasters.Keys).Where(name => types.Any(type => type.IsAssignableFrom(Newest(name))))];
    }

    Type? Newest(string name)
    {
        while (_upcasters.TryGetValue(name, out var upcaster)) name = upcaster.As;
        return _types.GetValueOrDefault(name);
    }

    /// <summary>Reads a stored event, through its upcasters if it has any.</summary>
    /// <exception cref="UnknownEventTypeException">The name is neither mapped nor upcast.</exception>
    /// <exception cref="EventDataException">The body does not fit the type.</exception>
    public object Read(string name, string json)
    {
        try
        {
            if (_types.TryGetValue(name, out var type)) return EventJson.Read(json, type);
            if (!_upcasters.ContainsKey(name)) throw new UnknownEventTypeException(name);

            var body = JsonNode.Parse(json) as JsonObject ?? throw new JsonException("An event is a JSON object.");
            var current = name;
            while (_upcasters.TryGetValue(current, out var upcaster))
            {
                body = upcaster.Change(body);
                current = upcaster.As;
            }

            return _types.TryGetValue(current, out type)
                ? body.Deserialize(type, EventJson.Options) ?? throw new JsonException($"null is no {type.Name}.")
                : throw new UnknownEventTypeException(current);
        }
        catch (Exception failure) when (failure is JsonException or NotSupportedException)
        {
            throw new EventDataException(name, failure);
        }
    }

    internal EventName Find(Type type) => _names.TryGetValue(type, out var name)
        ? name
        : throw new ArgumentException($"{type.Name} has no pinned event name. Map it in EventNames.", nameof(type));

    internal readonly record struct EventName(string Name, string DotnetType);

    sealed record Upcaster(string As, Func<JsonObject, JsonObject> Change);
}
