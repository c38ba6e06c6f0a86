using System.Text.Json;

namespace FleetPlatform.ControlPlane.Fleet;

/// <summary>Our own endpoints write contracts as they are, in lowerCamel.</summary>
static class Wire
{
    static readonly JsonSerializerOptions Json = new(JsonSerializerDefaults.Web) { DefaultIgnoreCondition = System.Text.Json.Serialization.JsonIgnoreCondition.WhenWritingNull };

    public static JsonElement Of<T>(IReadOnlyList<T> items) => JsonSerializer.SerializeToElement(items, Json);
}
