using System.Globalization;
using System.Security.Cryptography;
using System.Text;
using System.Text.Json;

namespace FleetPlatform.TemplateEngine.Hooks;

/// <summary>What AWS sends to a pre-provisioning hook, and what it takes back (aws-protocol.md 3).</summary>
sealed record HookPayload
{
    static readonly JsonDocumentOptions AnswerLimits = new() { MaxDepth = 8, AllowDuplicateProperties = false };

    public required string ClaimCertificateId { get; init; }
    public required string CertificateId { get; init; }
    public required string CertificatePem { get; init; }
    public required string TemplateArn { get; init; }
    public required string ClientId { get; init; }
    public required IReadOnlyDictionary<string, string> Parameters { get; init; }

    public byte[] Write() => JsonSerializer.SerializeToUtf8Bytes(this, JsonSerializerOptions.Web);

    /// <summary>Proof that the platform wrote a body at an instant: <c>v1=</c> and HMAC-SHA256 over "{unix seconds}.{body}", lower-case hex.</summary>
    public static string Sign(byte[] key, long unixSeconds, ReadOnlySpan<byte> body)
    {
        using var hmac = IncrementalHash.CreateHMAC(HashAlgorithmName.SHA256, key);
        hmac.AppendData(Encoding.ASCII.GetBytes(unixSeconds.ToString(CultureInfo.InvariantCulture) + "."));
        hmac.AppendData(body);
        return "v1=" + Convert.ToHexStringLower(hmac.GetHashAndReset());
    }

    /// <summary>Reads an answer: allowed only by the boolean true, or by the text that AWS's documentation prints.</summary>
    public static HookVerdict Read(ReadOnlyMemory<byte> answer, int status)
    {
        try
        {
            using var document = JsonDocument.Parse(answer, AnswerLimits);
            if (document.RootElement.ValueKind != JsonValueKind.Object) return HookVerdict.Failed("its answer is not a JSON object.", status);
            var allowed = document.RootElement.TryGetProperty("allowProvisioning", out var allow)
                && (allow.ValueKind == JsonValueKind.True || (allow.ValueKind == JsonValueKind.String && allow.ValueEquals("true")));
            if (!allowed) return new(HookOutcome.Declined, null, null, status);

            var overrides = new Dictionary<string, string>(StringComparer.Ordinal);
            if (!document.RootElement.TryGetProperty("parameterOverrides", out var given) || given.ValueKind == JsonValueKind.Null)
                return new(HookOutcome.Allowed, null, overrides, status);
            if (given.ValueKind != JsonValueKind.Object) return HookVerdict.Failed("its parameterOverrides are not an object.", status);
            foreach (var member in given.EnumerateObject())
                overrides[member.Name] = member.Value.ValueKind == JsonValueKind.String ? member.Value.GetString()! : throw new JsonException();
            return new(HookOutcome.Allowed, null, overrides, status);
        }
        catch (Exception unreadable) when (unreadable is JsonException or InvalidOperationException)
        {
            return HookVerdict.Failed("its answer is not JSON, or an override is not a string.", status);
        }
    }
}
