using System.Buffers;
using System.Text.Json;
using FleetPlatform.Cbor;
using FleetPlatform.Mqtt;

namespace FleetPlatform.MqttGateway.Tests.Kit;

/// <summary>Bodies as a device writes and reads them.</summary>
static class Bodies
{
    public static byte[] Nothing(string format) => format == "json" ? Waiting.Utf8("{}") : [0xA0];

    public static byte[] Body(string format, string? token, string csr) => Body(format, token, [("certificateSigningRequest", csr)], "");

    public static byte[] Body(string format, string token, params (string, string)[] parameters) => Body(format, token, parameters, "parameters");

    static byte[] Body(string format, string? token, (string Name, string Value)[] members, string under)
    {
        var map = members.ToDictionary(member => member.Name, member => member.Value);
        if (format == "json")
        {
            var json = under.Length > 0 ? new Dictionary<string, object> { [under] = map } : map.ToDictionary(pair => pair.Key, pair => (object)pair.Value);
            if (token is not null) json["certificateOwnershipToken"] = token;
            return JsonSerializer.SerializeToUtf8Bytes(json);
        }

        var output = new ArrayBufferWriter<byte>();
        var writer = new CborWriter(output);
        writer.WriteStartMap((under.Length > 0 ? 1 : map.Count) + (token is null ? 0 : 1));
        if (under.Length > 0)
        {
            writer.WriteTextString(under);
            writer.WriteStartMap(map.Count);
        }

        foreach (var (name, value) in map)
        {
            writer.WriteTextString(name);
            writer.WriteTextString(value);
        }

        if (token is not null)
        {
            writer.WriteTextString("certificateOwnershipToken");
            writer.WriteTextString(token);
        }

        return output.WrittenSpan.ToArray();
    }

    public static Dictionary<string, string> Read(Publish message, string format)
    {
        var members = new Dictionary<string, string>();
        if (format == "json")
        {
            using var json = JsonDocument.Parse(message.Payload);
            foreach (var member in json.RootElement.EnumerateObject()) members[member.Name] = member.Value.ToString();
            return members;
        }

        var reader = new CborReader(message.Payload.Span);
        reader.ReadStartMap();
        while (reader.PeekType() != CborType.End)
        {
            var name = reader.ReadTextString();
            switch (reader.PeekType())
            {
                case CborType.TextString: members[name] = reader.ReadTextString(); break;
                case CborType.UnsignedInteger: members[name] = $"{reader.ReadUInt64()}"; break;
                default: reader.SkipValue(); break;
            }
        }

        return members;
    }
}
