using System.Text.Json;
using System.Threading.Channels;
using FleetPlatform.Contracts.RotationScheduler;
using FleetPlatform.Mqtt;
using FleetPlatform.MqttGateway.Sessions;

namespace FleetPlatform.MqttGateway.Rotation;

/// <summary>
/// What devices in a rotation do, off the packet path: whoever reports never waits. A use that finds the queue full is lost and counted;
/// the device's next connection reports it again.
/// </summary>
sealed class RotationNews(GatewayMetrics metrics, TimeProvider clock)
{
    const int Queue = 8_192;
    const int MaximumReportBytes = 1_024;
    const int MaximumStatus = 64;
    const int MaximumDetail = 256;

    readonly Channel<object> _news = Channel.CreateBounded<object>(new BoundedChannelOptions(Queue) { SingleReader = true });

    /// <summary><see cref="CertificateUse"/> and <see cref="RotationReported"/>, in order.</summary>
    public ChannelReader<object> Reader => _news.Reader;

    /// <summary>A watched certificate has connected.</summary>
    public void Connected(DeviceConnection connection)
    {
        if (connection.IsWatched(clock)) Write(Use(connection, CertificateUseKind.Connected));
    }

    /// <summary>A message was published and allowed. Cheap for everyone who is not in a rotation.</summary>
    public void Published(DeviceConnection connection, Publish publish, bool isWill)
    {
        if (connection.Speaker is not { } thing) return;
        if (RotationProtocol.IsReportTopic(publish.Topic, thing) && connection.MayReport() && Read(publish.Payload) is { } report
            && report.Status is not (RotationProtocol.ConnectedStatus or RotationProtocol.NotPushedStatus))
        {
            Write(Report(connection, thing, report.Status, report.Detail));
        }

        // A will is the broker's word: a device that starts and dies again and again has published nothing with its new certificate.
        if (!isWill && connection.IsWatched(clock) && connection.PublishesFirst()) Write(Use(connection, CertificateUseKind.Published));
    }

    /// <summary>A pair was to be pushed over this connection, and was not: the scheduler need not wait for it.</summary>
    public void NotPushed(DeviceConnection connection, string thing, string why) => Write(Report(connection, thing, RotationProtocol.NotPushedStatus, why));

    RotationReported Report(DeviceConnection connection, string thing, string status, string? detail) => new()
    {
        ThingName = thing,
        CertificateId = connection.PrincipalId,
        SessionId = connection.SessionId,
        Status = status,
        Detail = detail,
        At = clock.GetUtcNow(),
    };

    CertificateUse Use(DeviceConnection connection, CertificateUseKind kind) => new()
    {
        CertificateId = connection.PrincipalId,
        ThingName = connection.Speaker!,
        SessionId = connection.SessionId,
        Kind = kind,
        At = clock.GetUtcNow(),
    };

    void Write(object news)
    {
        if (!_news.Writer.TryWrite(news)) metrics.LostRecord("rotation-queue-full");
    }

    // What cannot be read tells nothing; the message itself went where it was meant to go.
    static (string Status, string? Detail)? Read(ReadOnlyMemory<byte> payload)
    {
        if (payload.Length is 0 or > MaximumReportBytes) return null;
        try
        {
            using var json = JsonDocument.Parse(payload, new JsonDocumentOptions { MaxDepth = 4 });
            if (json.RootElement.ValueKind != JsonValueKind.Object || !json.RootElement.TryGetProperty("status", out var status)
                || status.ValueKind != JsonValueKind.String) return null;
            var detail = json.RootElement.TryGetProperty("detail", out var text) && text.ValueKind == JsonValueKind.String ? text.GetString() : null;
            return (Printable(status.GetString()!, MaximumStatus), detail is null ? null : Printable(detail, MaximumDetail));
        }
        catch (Exception malformed) when (malformed is JsonException or InvalidOperationException) // the latter: half a surrogate
        {
            return null;
        }
    }

    static string Printable(string text, int maximum) =>
        string.Concat(text.Take(maximum).Select(character => char.IsControl(character) || char.IsSurrogate(character) ? '?' : character));
}
