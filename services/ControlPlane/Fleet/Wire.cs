using System.Text.Encodings.Web;
using System.Text.Json;
using System.Text.Json.Serialization;

namespace FleetPlatform.ControlPlane.Fleet;

/// <summary>Our own endpoints write contracts as they are, in lowerCamel.</summary>
static class Wire
{
    static readonly JsonSerializerOptions Json = new(JsonSerializerDefaults.Web)
    {
        Converters = { new JsonStringEnumConverter() },
        DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull,
        Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping, // never inside HTML: the answer is application/json
    };

    static readonly JsonSerializerOptions Words = new(Json) { Converters = { new JsonStringEnumConverter(JsonNamingPolicy.CamelCase, allowIntegerValues: false) } };

    public static JsonElement Of<T>(T contract) => JsonSerializer.SerializeToElement(contract, Json);

    /// <summary>The same with enumerations as words.</summary>
    public static object InWords<T>(T contract) => JsonSerializer.SerializeToElement(contract, Words);
}
