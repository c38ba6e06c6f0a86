using FleetPlatform.Contracts;
using FleetPlatform.Mqtt;
using FleetPlatform.MqttGateway.Provisioning;
using FleetPlatform.ServiceDefaults;

namespace FleetPlatform.MqttGateway.Sessions;

/// <summary>What the broker refused by itself becomes a step of the certificate that TLS has proved, so that no device is turned away without a word.</summary>
sealed class RecordFault(SessionRecords records, GatewayMetrics metrics, ILogger<RecordFault> log)
{
    const int RecordedCharacters = 128;

    public void Handle(MqttFault fault)
    {
        var refused = ReasonOf(fault.Kind).ToRefused(fault.Detail);
        metrics.Fault(refused.Code);
        Log.Fault(log, fault.SessionId, fault.Outcome, refused.Code, refused.Detail);
        if (fault.Outcome == MqttFaultOutcome.ConnectRefused) metrics.Connected(refused.Code);

        // A connection without a certificate is nobody's: it is counted, and there is nobody to tell it of.
        if (fault.Client?.State is DeviceConnection connection)
        {
            if (connection.Certificate is null) return;
            var topic = Recordable(fault.Topic);
            if (fault.Outcome == MqttFaultOutcome.Closed) records.Ended(connection, topic is null ? refused : refused with { Detail = $"{refused.Detail} ({topic})" });
            else records.Refused(connection, fault.Outcome == MqttFaultOutcome.PublishRefused ? "publish" : "subscribe", topic, refused);
        }
        else if (!fault.ClientCertificate.IsEmpty)
        {
            records.Refused(
                fault.SessionId, Recordable(fault.ClientId) ?? "", Pki.CertificateId.Of(fault.ClientCertificate.Span),
                DeviceConnection.AddressOf(fault.RemoteEndPoint), refused);
        }
    }

    static Reason ReasonOf(MqttFaultKind kind) => kind switch
    {
        MqttFaultKind.NotSupported => Reasons.NotSupported,
        MqttFaultKind.InvalidRequest => Reasons.InvalidRequest,
        MqttFaultKind.PacketTooLarge => Reasons.PacketTooLarge,
        MqttFaultKind.LimitExceeded => Reasons.LimitExceeded,
        MqttFaultKind.KeepAliveTimeout => Reasons.KeepAliveTimeout,
        MqttFaultKind.ConnectTimeout => Reasons.ConnectTimeout,
        _ => Reasons.ProtocolError,
    };

    // The broker has not checked it, or it would not be here.
    static string? Recordable(string? text) => text is null || ControlCharacters.In(text) ? null
        : text.Length <= RecordedCharacters ? text
        : text[..(char.IsHighSurrogate(text[RecordedCharacters - 1]) ? RecordedCharacters - 1 : RecordedCharacters)] + "…";
}
