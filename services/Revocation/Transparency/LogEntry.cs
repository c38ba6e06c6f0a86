using System.Globalization;
using System.Text.Encodings.Web;
using System.Text.Json;
using FleetPlatform.Contracts.Revocation;
using FleetPlatform.Events;
using FleetPlatform.Revocation.Certificates;

namespace FleetPlatform.Revocation.Transparency;

/// <summary>What the transparency log says of a certificate. The text is what is hashed, to the last octet: members and their order never change.</summary>
/// <param name="Source">What it comes from: the same source is entered once.</param>
sealed record LogEntry(string Source, string CertificateId, string Text)
{
    static readonly JsonSerializerOptions Json = new() { Encoder = JavaScriptEncoder.Default };

    /// <summary>A certificate was issued. Whoever has it can compute its id, and nobody learns from the log whose it is.</summary>
    public static LogEntry OfIssued(string certificateId, string issuerId, ReadOnlySpan<byte> serialNumber, DateTimeOffset notAfter) => new(
        $"issued/{certificateId}", certificateId,
        JsonSerializer.Serialize(new { kind = "issued", certificateId, issuerId, serialNumber = Convert.ToHexStringLower(serialNumber), notAfter = Time(notAfter) }, Json));

    /// <summary>A change of the trust in a certificate; null for an event that is none.</summary>
    public static LogEntry? Of(RecordedEvent recorded) => recorded.Data switch
    {
        CertificateRevoked e => Untrusted(recorded, e.CertificateId, e.Reason, e.RevokedAt),
        RevocationReasonRaised e => Untrusted(recorded, e.CertificateId, e.Reason, e.RevokedAt),
        CertificateReinstated e => new($"event/{recorded.Id:N}", e.CertificateId,
            JsonSerializer.Serialize(new { kind = "reinstated", certificateId = e.CertificateId, at = Time(e.ReinstatedAt) }, Json)),
        _ => null,
    };

    static LogEntry Untrusted(RecordedEvent recorded, string certificateId, RevocationReason reason, DateTimeOffset at) => new($"event/{recorded.Id:N}", certificateId,
        JsonSerializer.Serialize(new { kind = "revoked", certificateId, reason = JsonNamingPolicy.CamelCase.ConvertName($"{reason}"), at = Time(at) }, Json));

    static string Time(DateTimeOffset at) => at.UtcDateTime.ToString("yyyy-MM-ddTHH:mm:ss.ffffffZ", CultureInfo.InvariantCulture);
}
