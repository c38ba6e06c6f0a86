using System.Text.Json;
using FleetPlatform.Cbor;
using FleetPlatform.Contracts;
using FleetPlatform.ServiceDefaults;

namespace FleetPlatform.MqttGateway.Provisioning;

/// <summary>What a request's body says, whichever way it was written. Members that nobody asked for are not here.</summary>
sealed record RequestBody
{
    /// <summary>Deepest nesting read: the body, its parameters, and room for members that are ignored.</summary>
    public const int MaximumDepth = 8;

    /// <summary>Most parameters, and their lengths in characters (aws-protocol 1.3).</summary>
    public const int MaximumParameters = 100;
    public const int MaximumParameterName = 2048;
    public const int MaximumParameterValue = 4096;

    /// <summary>Largest body, in bytes.</summary>
    public const int MaximumBytes = 32 * 1024;

    static readonly CborLimits Limits = new() { MaximumBytes = MaximumBytes, MaximumDepth = MaximumDepth, MaximumItems = 512, MaximumStringBytes = 16 * 1024 };

    public string? CertificateSigningRequest { get; set; }
    public string? OwnershipToken { get; set; }
    public Dictionary<string, string>? Parameters { get; set; }

    /// <summary>Reads a body in the format of its topic.</summary>
    /// <returns>The body, or why it is refused.</returns>
    public static (RequestBody? Body, Refused? Refused) Read(ReadOnlyMemory<byte> payload, BodyFormat format)
    {
        if (payload.Length > MaximumBytes) return (null, Reasons.PayloadTooDeep.ToRefused($"The body has {payload.Length} bytes; at most {MaximumBytes} are accepted."));
        try
        {
            return (format == BodyFormat.Cbor ? ReadCbor(payload.Span) : ReadJson(payload.Span), null);
        }
        catch (BodyRefusedException refusal)
        {
            return (null, refusal.Reason.ToRefused(refusal.Message));
        }
        catch (CborException wrong)
        {
            var reason = wrong.Failure == CborFailure.OverLimit ? Reasons.PayloadTooDeep : Reasons.InvalidPayload;
            return (null, reason.ToRefused($"The body is not acceptable CBOR at byte {wrong.Offset}: {wrong.Message}"));
        }
        catch (JsonException wrong)
        {
            return (null, Reasons.InvalidPayload.ToRefused($"The body is not JSON, line {(wrong.LineNumber ?? 0) + 1}, byte {wrong.BytePositionInLine ?? 0}."));
        }
        catch (InvalidOperationException)
        {
            return (null, Reasons.InvalidPayload.ToRefused("The body holds text that is not Unicode."));
        }
    }

    static RequestBody ReadJson(ReadOnlySpan<byte> payload)
    {
        var body = new RequestBody();
        var reader = new Utf8JsonReader(payload);
        if (!reader.Read() || reader.TokenType != JsonTokenType.StartObject) throw new BodyRefusedException("The body must be a JSON object.");
        while (reader.Read() && reader.TokenType == JsonTokenType.PropertyName)
        {
            var name = reader.GetString()!;
            reader.Read();
            if (reader.TokenType == JsonTokenType.Null) continue; // as good as left out
            switch (name)
            {
                case Members.CertificateSigningRequest or Members.OwnershipToken:
                    body.Set(name, reader.TokenType == JsonTokenType.String ? reader.GetString()! : throw NotText(name));
                    break;
                case Members.Parameters:
                    if (reader.TokenType != JsonTokenType.StartObject) throw NotParameters();
                    body.BeginParameters();
                    while (reader.Read() && reader.TokenType == JsonTokenType.PropertyName)
                    {
                        var parameter = reader.GetString()!;
                        reader.Read();
                        body.AddParameter(parameter, reader.TokenType == JsonTokenType.String ? reader.GetString()! : throw NotTextParameter(parameter));
                    }

                    break;
                default: Skip(ref reader); break;
            }
        }

        if (reader.Read()) throw new BodyRefusedException("Something follows the body."); // the reader itself throws first
        return body;
    }

    // As the reader's own, but with our depth: the reader cannot say whether a body was too deep or broken.
    static void Skip(ref Utf8JsonReader reader)
    {
        var outside = reader.CurrentDepth;
        do
        {
            if (reader.TokenType is JsonTokenType.StartObject or JsonTokenType.StartArray && reader.CurrentDepth >= MaximumDepth)
                throw new BodyRefusedException($"The body is nested deeper than {MaximumDepth} levels.", Reasons.PayloadTooDeep);
        }
        while ((reader.TokenType is JsonTokenType.StartObject or JsonTokenType.StartArray || reader.CurrentDepth > outside) && reader.Read());
    }

    static RequestBody ReadCbor(ReadOnlySpan<byte> payload)
    {
        var body = new RequestBody();
        var reader = new CborReader(payload, Limits);
        if (reader.PeekType() != CborType.Map) throw new BodyRefusedException("The body must be a CBOR map.");
        reader.ReadStartMap();
        while (reader.PeekType() != CborType.End)
        {
            var name = reader.PeekType() == CborType.TextString ? reader.ReadTextString() : SkipKey(ref reader);
            if (reader.PeekType() == CborType.Null)
            {
                reader.ReadNull();
                continue;
            }

            switch (name)
            {
                case Members.CertificateSigningRequest or Members.OwnershipToken:
                    body.Set(name, reader.PeekType() == CborType.TextString ? reader.ReadTextString() : throw NotText(name));
                    break;
                case Members.Parameters:
                    if (reader.PeekType() != CborType.Map) throw NotParameters();
                    reader.ReadStartMap();
                    body.BeginParameters();
                    while (reader.PeekType() != CborType.End)
                    {
                        var parameter = reader.PeekType() == CborType.TextString ? reader.ReadTextString() : throw NotParameters();
                        body.AddParameter(parameter, reader.PeekType() == CborType.TextString ? reader.ReadTextString() : throw NotTextParameter(parameter));
                    }

                    reader.ReadEnd();
                    break;
                default: reader.SkipValue(); break;
            }
        }

        reader.ReadEnd();
        reader.ReadEndOfDocument();
        return body;
    }

    static string SkipKey(ref CborReader reader)
    {
        reader.SkipValue();
        return "";
    }

    void Set(string name, string value)
    {
        var twice = (name == Members.OwnershipToken ? OwnershipToken : CertificateSigningRequest) is not null;
        if (twice) throw new BodyRefusedException($"{name} is there twice.");
        if (name == Members.OwnershipToken) OwnershipToken = value;
        else CertificateSigningRequest = value;
    }

    void BeginParameters() => Parameters = Parameters is null ? [] : throw new BodyRefusedException("parameters is there twice.");

    void AddParameter(string name, string value)
    {
        if (Parameters!.Count == MaximumParameters) throw new BodyRefusedException($"More than {MaximumParameters} parameters.", Reasons.InvalidParameters);
        if (name.Length > MaximumParameterName || value.Length > MaximumParameterValue)
            throw new BodyRefusedException($"A parameter's name has at most {MaximumParameterName} and its value {MaximumParameterValue} characters.", Reasons.InvalidParameters);
        if (ControlCharacters.In(name) || ControlCharacters.In(value)) throw new BodyRefusedException("A parameter holds control characters.", Reasons.InvalidParameters);
        if (!Parameters.TryAdd(name, value)) throw new BodyRefusedException("The same parameter is there twice.", Reasons.InvalidParameters);
    }

    static BodyRefusedException NotText(string name) => new($"{name} must be a string.");

    static BodyRefusedException NotParameters() => new("parameters must map strings to strings.", Reasons.InvalidParameters);

    static BodyRefusedException NotTextParameter(string name) =>
        new($"The parameter {(ControlCharacters.In(name) || name.Length > 64 ? "" : $"'{name}' ")}must be a string.", Reasons.InvalidParameters);

    sealed class BodyRefusedException(string message, Reason? reason = null) : Exception(message)
    {
        public Reason Reason { get; } = reason ?? Reasons.InvalidPayload;
    }
}

/// <summary>Names of members on the wire (aws-protocol 1.3).</summary>
static class Members
{
    public const string CertificateSigningRequest = "certificateSigningRequest";
    public const string OwnershipToken = "certificateOwnershipToken";
    public const string Parameters = "parameters";
}

/// <summary>Characters that no name of ours may hold: they would reach logs, headers and databases (peers 3.2 case 24).</summary>
static class ControlCharacters
{
    public static bool In(ReadOnlySpan<char> text) => text.ContainsAnyInRange('\0', '\x1F') || text.ContainsAnyInRange('\x7F', '\x9F');
}
