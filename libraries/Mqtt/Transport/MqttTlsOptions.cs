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

    /// <summary>From accept to the end of the handshake. Default 10 s.</summary>
    public TimeSpan HandshakeTimeout { get; init; } = TimeSpan.FromSeconds(10);

    /// <summary>Handshakes at once; others wait their turn inside <see cref="HandshakeTimeout"/>. Default 64 per processor.</summary>
    public int MaximumConcurrentHandshakes { get; init; } = 64 * Environment.ProcessorCount;

    /// <summary>Connections in or before the handshake; beyond, new ones are closed at once. Default 4096.</summary>
    public int MaximumPendingHandshakes { get; init; } = 4096;

    /// <summary>True lets clients resume TLS sessions, which skips proving possession of the key again. Default false.</summary>
    public bool AllowResume { get; init; }

    /// <summary>Told of each failed handshake, with a short reason. Must not block. Default none.</summary>
    public Action<System.Net.EndPoint?, string>? OnHandshakeFailed { get; init; }
}
