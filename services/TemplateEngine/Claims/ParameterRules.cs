using System.Buffers.Binary;
using System.Security.Cryptography;
using System.Text;
using FleetPlatform.TemplateEngine.Language;

namespace FleetPlatform.TemplateEngine.Claims;

/// <summary>What a device may send as parameters, what is kept of it, and what tells two requests apart.</summary>
static class ParameterRules
{
    public static Refusal? Check(IReadOnlyDictionary<string, string> parameters, TemplateEngineOptions options)
    {
        if (parameters.Count > options.MaximumParameters)
            return new(Reasons.InvalidParameters.Code, $"There are {parameters.Count} parameters; at most {options.MaximumParameters} are allowed.");

        foreach (var (name, value) in parameters)
        {
            if (name.Length is 0 || name.Length > options.MaximumParameterNameCharacters)
                return new(Reasons.InvalidParameters.Code, $"The name of a parameter has 1 to {options.MaximumParameterNameCharacters} characters.");
            if (value is null)
                return new(Reasons.InvalidParameters.Code, $"Parameter {Quoted.Of(name)} is not a string.");
            if (value.Length > options.MaximumParameterValueCharacters)
                return new(Reasons.InvalidParameters.Code,
                    $"Parameter {Quoted.Of(name)} has {value.Length} characters; at most {options.MaximumParameterValueCharacters} are allowed.");
            if (!IsPlain(name) || !IsPlain(value))
                return new(Reasons.InvalidParameters.Code, $"Parameter {Quoted.Of(name)} holds control characters or broken text.");
        }

        return null;
    }

    /// <summary>The parameters with those of the same name replaced.</summary>
    public static IReadOnlyDictionary<string, string> Merge(IReadOnlyDictionary<string, string> parameters, IReadOnlyDictionary<string, string>? overrides)
    {
        if (overrides is null or { Count: 0 }) return parameters;
        var merged = new Dictionary<string, string>(parameters, StringComparer.Ordinal);
        foreach (var (name, value) in overrides) merged[name] = value;
        return merged;
    }

    /// <summary>Fit for the record: few, short, and without characters that a database or a terminal takes for something else.</summary>
    public static Dictionary<string, string> Recorded(IReadOnlyDictionary<string, string> parameters, TemplateEngineOptions options)
    {
        var recorded = new Dictionary<string, string>(StringComparer.Ordinal);
        foreach (var (name, value) in parameters)
        {
            if (recorded.Count == options.MaximumParameters) break;
            recorded[Cut(name, options.RecordedCharacters)] = Cut(value ?? "", options.RecordedCharacters);
        }

        return recorded;
    }

    /// <summary>SHA-256 over the template's name and the parameters by ordinal, each with its length before it; lower-case hex.</summary>
    public static string Hash(string templateName, IReadOnlyDictionary<string, string> parameters)
    {
        using var hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        Append(hash, templateName);
        foreach (var (name, value) in parameters.OrderBy(parameter => parameter.Key, StringComparer.Ordinal))
        {
            Append(hash, name);
            Append(hash, value ?? "");
        }

        return Convert.ToHexStringLower(hash.GetHashAndReset());
    }

    public static string Cut(string text, int characters)
    {
        var plain = IsPlain(text) ? text : new string([.. text.Select(letter => char.IsControl(letter) || char.IsSurrogate(letter) ? '\uFFFD' : letter)]);
        return plain.Length <= characters ? plain
            : string.Concat(plain.AsSpan(0, char.IsHighSurrogate(plain[characters - 1]) ? characters - 1 : characters), "…");
    }

    static bool IsPlain(string text) => !Texts.HasControlCharacter(text) && !HasLoneSurrogate(text);

    static bool HasLoneSurrogate(string text)
    {
        if (!text.AsSpan().ContainsAnyInRange('\ud800', '\udfff')) return false;

        for (var i = 0; i < text.Length; i++)
        {
            if (!char.IsSurrogate(text[i])) continue;
            if (i + 1 == text.Length || !char.IsSurrogatePair(text[i], text[i + 1])) return true;
            i++;
        }

        return false;
    }

    static void Append(IncrementalHash hash, string text)
    {
        var bytes = Encoding.UTF8.GetBytes(text);
        Span<byte> length = stackalloc byte[4];
        BinaryPrimitives.WriteInt32BigEndian(length, bytes.Length);
        hash.AppendData(length);
        hash.AppendData(bytes);
    }
}
