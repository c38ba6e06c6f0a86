using System.Net.Security;
using System.Security.Authentication;

namespace FleetPlatform.Mqtt;

/// <summary>The TLS side of an MQTT listener. A client certificate is always required; whether it is trusted is decided at CONNECT.</summary>
public sealed class MqttTlsOptions
{
    /// <summary>The server's certificate, key and chain. Asked for at every handshake, so that it can be replaced: return the same object until then.</summary>
    public required Func<SslStreamCertificateContext> ServerCertificate { get; init; }

    /// <summary>Default TLS 1.2 and 1.3.</summary>
    public SslProtocols Protocols { get; init; } = SslProtocols.Tls12 | SslProtocols.Tls13;

    /// <summary>Offered by ALPN, best first. Clients that offer none are welcome; those that offer only others are not.</summary>
    public IReadOnlyList<string> ApplicationProtocols { get; init; } = ["x-amzn-mqtt-ca", "mqtt"];

    /// <summary>What handshakes may take and use.</summary>
    public MqttTlsLimits Limits { get; init; } = new();

    /// <summary>Told of each failed handshake, with what TLS said of it. Must not block. Default none.</summary>
    public Action<System.Net.EndPoint?, TlsFailure, string>? OnHandshakeFailed { get; init; }
}
