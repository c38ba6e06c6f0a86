using System.Text.Json;

namespace FleetPlatform.Device;

/// <summary>What the platform says on <c>devices/{thing}/certs/rotate</c> (docs/rotation.md).</summary>
/// <param name="CertificateId">The certificate that is to be replaced: a device that has another one has done so already. A pushed pair need not say.</param>
/// <param name="Template">Provisioning template to register the new certificate with.</param>
/// <param name="Pushed">The pair to use, when the platform has made one; otherwise null.</param>
sealed record RotateCommand(string? CertificateId, string Template, Credential? Pushed)
{
    /// <summary>Until when the platform waits; null when it did not say.</summary>
    public DateTimeOffset? Deadline { get; private init; }

    const int MaximumBytes = 16_384;
    const long LastSecond = 253_402_300_800; // the end of the year 9999
    public const string BuiltInTemplate = "fleet-rotation";

    /// <summary>What a device does unasked.</summary>
    public static RotateCommand Own { get; } = new(null, BuiltInTemplate, null);

    /// <summary>Reads a command; null for anything else, which a device passes over.</summary>
    public static RotateCommand? TryRead(ReadOnlyMemory<byte> payload)
    {
        if (payload.Length > MaximumBytes) return null;
        try
        {
            using var json = JsonDocument.Parse(payload, new JsonDocumentOptions { MaxDepth = 4 });
            return json.RootElement.ValueKind == JsonValueKind.Object ? Read(json.RootElement) : null;
        }
        catch (JsonException)
        {
            return null;
        }
    }

    static RotateCommand? Read(JsonElement body)
    {
        var (certificate, template) = (Text(body, "certificateId"), Text(body, "template"));
        if (Text(body, "new_certificate") is { } pem)
            return Credential.TryRead(pem, Text(body, "new_private_key")) is { } pair ? new(certificate, template ?? BuiltInTemplate, pair) : null;
        return Text(body, "command") == "rotate" && certificate is not null && template is not null
            ? new(certificate, template, null) { Deadline = Time(body, "deadline") }
            : null;
    }

    static string? Text(JsonElement body, string name) =>
        body.TryGetProperty(name, out var value) && value.ValueKind == JsonValueKind.String ? value.GetString() : null;

    static DateTimeOffset? Time(JsonElement body, string name) =>
        body.TryGetProperty(name, out var value) && value.ValueKind == JsonValueKind.Number && value.TryGetInt64(out var seconds) && seconds is > 0 and < LastSecond
            ? DateTimeOffset.FromUnixTimeSeconds(seconds)
            : null;
}
