using System.Buffers;
using System.Globalization;
using System.Text.Json;
using FleetPlatform.Cbor;

namespace FleetPlatform.Device;

/// <summary>
/// Bodies of the provisioning API in JSON and CBOR: a map of texts, in which one level of maps of texts may stand. Numbers are read as texts,
/// anything else is passed over.
/// </summary>
static class ProvisioningPayload
{
    public static byte[] Write(PayloadFormat format, IReadOnlyDictionary<string, string> texts, string? mapName = null,
        IReadOnlyDictionary<string, string>? map = null)
    {
        var output = new ArrayBufferWriter<byte>(1024);
        if (format == PayloadFormat.Cbor) WriteCbor(output, texts, mapName, map);
        else WriteJson(output, texts, mapName, map);
        return output.WrittenSpan.ToArray();
    }

    /// <exception cref="FormatException">The body is not what the format says.</exception>
    public static Answer Read(PayloadFormat format, ReadOnlyMemory<byte> body)
    {
        try
        {
            return format == PayloadFormat.Cbor ? ReadCbor(body.Span) : ReadJson(body);
        }
        catch (Exception malformed) when (malformed is JsonException or CborException)
        {
            throw new FormatException($"The answer is not {format}: {malformed.Message}", malformed);
        }
    }

    static void WriteJson(ArrayBufferWriter<byte> output, IReadOnlyDictionary<string, string> texts, string? mapName, IReadOnlyDictionary<string, string>? map)
    {
        using var json = new Utf8JsonWriter(output);
        json.WriteStartObject();
        foreach (var (name, value) in texts) json.WriteString(name, value);
        if (mapName is not null && map is not null)
        {
            json.WriteStartObject(mapName);
            foreach (var (name, value) in map) json.WriteString(name, value);
            json.WriteEndObject();
        }

        json.WriteEndObject();
    }

    static void WriteCbor(ArrayBufferWriter<byte> output, IReadOnlyDictionary<string, string> texts, string? mapName, IReadOnlyDictionary<string, string>? map)
    {
        var cbor = new CborWriter(output);
        cbor.WriteStartMap(texts.Count + (map is null ? 0 : 1));
        foreach (var (name, value) in texts)
        {
            cbor.WriteTextString(name);
            cbor.WriteTextString(value);
        }

        if (mapName is null || map is null) return;
        cbor.WriteTextString(mapName);
        cbor.WriteStartMap(map.Count);
        foreach (var (name, value) in map)
        {
            cbor.WriteTextString(name);
            cbor.WriteTextString(value);
        }
    }

    static Answer ReadJson(ReadOnlyMemory<byte> body)
    {
        using var document = JsonDocument.Parse(body);
        if (document.RootElement.ValueKind != JsonValueKind.Object) throw new JsonException("An object is expected.");

        var answer = new Answer();
        foreach (var member in document.RootElement.EnumerateObject())
        {
            if (member.Value.ValueKind == JsonValueKind.Object)
                answer.Maps[member.Name] = member.Value.EnumerateObject().Where(inner => inner.Value.ValueKind is JsonValueKind.String or JsonValueKind.Number)
                    .ToDictionary(inner => inner.Name, inner => inner.Value.ToString(), StringComparer.Ordinal);
            else if (member.Value.ValueKind is JsonValueKind.String or JsonValueKind.Number)
                answer.Texts[member.Name] = member.Value.ToString();
        }

        return answer;
    }

    static Answer ReadCbor(ReadOnlySpan<byte> body)
    {
        var reader = new CborReader(body);
        var answer = new Answer();
        reader.ReadStartMap();
        while (reader.PeekType() != CborType.End)
        {
            var name = reader.ReadTextString();
            if (reader.PeekType() == CborType.Map) answer.Maps[name] = ReadCborMap(ref reader);
            else if (ReadCborText(ref reader) is { } text) answer.Texts[name] = text;
        }

        reader.ReadEnd();
        return answer;
    }

    static Dictionary<string, string> ReadCborMap(ref CborReader reader)
    {
        var map = new Dictionary<string, string>(StringComparer.Ordinal);
        reader.ReadStartMap();
        while (reader.PeekType() != CborType.End)
        {
            var name = reader.ReadTextString();
            if (ReadCborText(ref reader) is { } text) map[name] = text;
        }

        reader.ReadEnd();
        return map;
    }

    static string? ReadCborText(ref CborReader reader)
    {
        switch (reader.PeekType())
        {
            case CborType.TextString:
                return reader.ReadTextString();
            case CborType.UnsignedInteger or CborType.NegativeInteger:
                return reader.ReadInteger().ToString(CultureInfo.InvariantCulture);
            default:
                reader.SkipValue();
                return null;
        }
    }

    /// <summary>A body, read.</summary>
    internal sealed class Answer
    {
        public Dictionary<string, string> Texts { get; } = new(StringComparer.Ordinal);
        public Dictionary<string, Dictionary<string, string>> Maps { get; } = new(StringComparer.Ordinal);

        /// <exception cref="FormatException">The member is missing.</exception>
        public string Text(string name) => Texts.GetValueOrDefault(name) ?? throw new FormatException($"The answer has no {name}.");
    }
}
