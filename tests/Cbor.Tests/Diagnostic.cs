using System.Globalization;

namespace FleetPlatform.Cbor.Tests;

/// <summary>Prints an item in the diagnostic notation of RFC 8949 §8, tags left out as the reader leaves them out.</summary>
static class Diagnostic
{
    public static string Of(string hex, CborLimits? limits = null) => Of(Convert.FromHexString(hex.Replace(" ", "", StringComparison.Ordinal)), limits);

    public static string Of(byte[] data, CborLimits? limits = null)
    {
        var reader = new CborReader(data, limits);
        var text = Print(ref reader);
        reader.ReadEndOfDocument();
        return text;
    }

    static string Print(ref CborReader reader)
    {
        switch (reader.PeekType())
        {
            case CborType.UnsignedInteger or CborType.NegativeInteger: return reader.ReadInteger().ToString(CultureInfo.InvariantCulture);
            case CborType.ByteString: return $"h'{Convert.ToHexStringLower(reader.ReadByteString())}'";
            case CborType.TextString: return $"\"{reader.ReadTextString()}\"";
            case CborType.Boolean: return reader.ReadBoolean() ? "true" : "false";
            case CborType.Null: reader.ReadNull(); return "null";
            case CborType.Float: return reader.ReadDouble().ToString("R", CultureInfo.InvariantCulture);
            case CborType.Array:
                reader.ReadStartArray();
                var items = new List<string>();
                while (reader.PeekType() != CborType.End) items.Add(Print(ref reader));
                reader.ReadEnd();
                return $"[{string.Join(", ", items)}]";
            case CborType.Map:
                reader.ReadStartMap();
                var pairs = new List<string>();
                while (reader.PeekType() != CborType.End) pairs.Add($"{Print(ref reader)}: {Print(ref reader)}");
                reader.ReadEnd();
                return $"{{{string.Join(", ", pairs)}}}";
            case var other:
                reader.SkipValue();
                return other.ToString();
        }
    }
}
