using System.Text.Json;

namespace FleetPlatform.Device;

/// <summary>What the platform says on <c>devices/{thing}/certs/rotate</c> (docs/rotation.md).</summary>
/// <param name="Rotation">The rotation's name.</param>
/// <param name="CertificateId">The certificate that is to be replaced: a device that has another one has done so already.</param>
/// <param name="Template">Provisioning template to register the new certificate with.</param>
sealed record RotateCommand(string Rotation, string CertificateId, string Template)
{
    const int MaximumBytes = 4_096;

    /// <summary>Reads a command; null for anything else, which a device passes over.</summary>
    public static RotateCommand? TryRead(ReadOnlyMemory<byte> payload)
    {
        if (payload.Length > MaximumBytes) return null;
        try
        {
            using var json = JsonDocument.Parse(payload, new JsonDocumentOptions { MaxDepth = 4 });
            var body = json.RootElement;
            return body.ValueKind == JsonValueKind.Object && Text(body, "command") == "rotate" && Text(body, "certificateId") is { } certificate
                && Text(body, "template") is { } template
                ? new(Text(body, "rotation") ?? "", certificate, template)
                : null;
        }
        catch (JsonException)
        {
            return null;
        }
    }

    static string? Text(JsonElement body, string name) =>
        body.TryGetProperty(name, out var value) && value.ValueKind == JsonValueKind.String ? value.GetString() : null;
}
