using System.Text.Encodings.Web;
using System.Text.Json;
using System.Text.Json.Serialization;
using MassTransit.Serialization;

namespace FleetPlatform.ServiceDefaults;

/// <summary>How messages are written: MassTransit's JSON, without its indentation and escapes, and but for maps of text.</summary>
public static class WireJson
{
    static readonly Lock Once = new();
    static bool _applied;

    /// <summary>The options in use on the bus. MassTransit keeps them for the whole process.</summary>
    public static JsonSerializerOptions Options
    {
        get
        {
            lock (Once)
            {
                if (!_applied)
                {
                    var options = new JsonSerializerOptions(SystemTextJsonMessageSerializer.Options)
                    {
                        WriteIndented = false,
                        Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping, // PEM and templates are full of + and quotes, and no message is shown in a web page
                    };
                    options.Converters.Insert(0, new TextMap());
                    SystemTextJsonMessageSerializer.Options = options;
                    _applied = true;
                }

                return SystemTextJsonMessageSerializer.Options;
            }
        }
    }

    // MassTransit's own converter throws at an empty name. A device names its parameters as it likes: one of them could have made a
    // batch unreadable, and with it the requests of all others that travel in it.
    sealed class TextMap : JsonConverter<IReadOnlyDictionary<string, string>>
    {
        public override IReadOnlyDictionary<string, string> Read(ref Utf8JsonReader reader, Type typeToConvert, JsonSerializerOptions options)
        {
            if (reader.TokenType != JsonTokenType.StartObject) throw new JsonException("A map of text is an object.");
            var map = new Dictionary<string, string>(StringComparer.Ordinal);
            while (reader.Read() && reader.TokenType == JsonTokenType.PropertyName)
            {
                var name = reader.GetString()!;
                if (!reader.Read() || reader.TokenType is not (JsonTokenType.String or JsonTokenType.Null))
                    throw new JsonException("A map of text has text values.");
                map[name] = reader.GetString()!;
            }

            return map;
        }

        public override void Write(Utf8JsonWriter writer, IReadOnlyDictionary<string, string> value, JsonSerializerOptions options)
        {
            writer.WriteStartObject();
            foreach (var (name, text) in value) writer.WriteString(name, text);
            writer.WriteEndObject();
        }
    }
}
