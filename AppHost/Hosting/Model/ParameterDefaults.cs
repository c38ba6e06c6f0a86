using System.Security.Cryptography;
using System.Text.Json;

namespace Aspire.Hosting.ApplicationModel;

/// <summary>Where a parameter's value comes from when configuration has none.</summary>
abstract class ParameterDefault
{
    public abstract string GetDefaultValue();

    public abstract void WriteToManifest(Utf8JsonWriter writer);
}

/// <summary>A random value.</summary>
sealed class GenerateParameterDefault : ParameterDefault
{
    const string LowerCase = "abcdefghjkmnpqrstuvwxyz";
    const string UpperCase = "ABCDEFGHJKMNPQRSTUVWXYZ";
    const string Digits = "0123456789";
    const string SpecialCharacters = "-_.{}~()*+!";

    /// <summary>Characters of the value. Letters and digits carry 5.8 bits each.</summary>
    public int MinLength { get; set; }

    public bool Lower { get; set; } = true;

    public bool Upper { get; set; } = true;

    public bool Numeric { get; set; } = true;

    public bool Special { get; set; } = true;

    public override string GetDefaultValue()
    {
        var alphabet = (Lower ? LowerCase : "") + (Upper ? UpperCase : "") + (Numeric ? Digits : "") + (Special ? SpecialCharacters : "");
        return RandomNumberGenerator.GetString(alphabet, MinLength);
    }

    public override void WriteToManifest(Utf8JsonWriter writer)
    {
        writer.WriteStartObject("generate");
        writer.WriteNumber("minLength", MinLength);
        if (!Lower) writer.WriteBoolean("lower", false);
        if (!Upper) writer.WriteBoolean("upper", false);
        if (!Numeric) writer.WriteBoolean("numeric", false);
        if (!Special) writer.WriteBoolean("special", false);
        writer.WriteEndObject();
    }
}

/// <summary>A generated value that is the same in the next run.</summary>
sealed class PersistedParameterDefault(string name, ParameterDefault generated, Func<string, Func<string>, string> getOrAdd) : ParameterDefault
{
    public override string GetDefaultValue() => getOrAdd(name, generated.GetDefaultValue);

    public override void WriteToManifest(Utf8JsonWriter writer) => generated.WriteToManifest(writer);
}
