using System.Text.Encodings.Web;
using System.Text.Json;
using System.Text.Json.Serialization;

namespace FleetPlatform.Events;

/// <summary>How recorded events are written as JSON. Pinned: changing it would change what is stored for ever.</summary>
public static class EventJson
{
    /// <summary>camelCase members, enums as their names, nulls written, unknown members ignored on read.</summary>
    public static JsonSerializerOptions Options { get; } = Create();

    /// <summary>Writes an event by its own type, whatever the variable's type is.</summary>
    public static string Write(object @event) => JsonSerializer.Serialize(@event, @event.GetType(), Options);

    /// <summary>Reads an event.</summary>
    /// <exception cref="JsonException">The text is not JSON of that type.</exception>
    public static object Read(string json, Type type) =>
        JsonSerializer.Deserialize(json, type, Options) ?? throw new JsonException($"null is no {type.Name}.");

    static JsonSerializerOptions Create()
    {
        var options = new JsonSerializerOptions
        {
            PropertyNamingPolicy = JsonNamingPolicy.CamelCase,
            Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping,
            // jsonb does not keep the order of members, so a type discriminator may come back in the middle.
            AllowOutOfOrderMetadataProperties = true,
            Converters = { new JsonStringEnumConverter(namingPolicy: null, allowIntegerValues: false) },
        };
        options.MakeReadOnly(populateMissingResolver: true);
        return options;
    }
}
