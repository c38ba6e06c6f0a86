using System.Net.Security;
using System.Security.Authentication;
using System.Security.Cryptography.X509Certificates;

namespace FleetPlatform.Mqtt;

/// <summary>How a client connects.</summary>
public sealed class MqttConnectionOptions
{
    /// <summary>Host name or address.</summary>
    public required string Host { get; init; }

    /// <summary>Default 8883.</summary>
    public int Port { get; init; } = 8883;

    /// <summary>Empty lets the server choose.</summary>
    public string ClientId { get; init; } = "";

    /// <summary>Default 3.1.1, as the AWS SDKs.</summary>
    public ProtocolVersion Version { get; init; } = ProtocolVersion.V311;

    /// <summary>False keeps (or resumes) a persistent session. Default true.</summary>
    public bool CleanStart { get; init; } = true;

    /// <summary>5.0: seconds the session outlives the connection.</summary>
    public uint? SessionExpiry { get; init; }

    /// <summary>Whole seconds; a PINGREQ is sent when nothing else was. Zero: none. Default 60 s.</summary>
    public TimeSpan KeepAlive { get; init; } = TimeSpan.FromSeconds(60);

    public Will? Will { get; init; }
    public string? UserName { get; init; }
    public ReadOnlyMemory<byte>? Password { get; init; }

    /// <summary>Null connects without TLS.</summary>
    public MqttClientTls? Tls { get; init; }

    /// <summary>From the TCP connect to CONNACK. Default 10 s.</summary>
    public TimeSpan ConnectTimeout { get; init; } = TimeSpan.FromSeconds(10);

    /// <summary>How long a packet may take to be written, and SUBSCRIBE, UNSUBSCRIBE and a QoS 1 PUBLISH wait for their answer. Default 10 s.</summary>
    public TimeSpan AnswerTimeout { get; init; } = TimeSpan.FromSeconds(10);

    /// <summary>Largest packet accepted, in bytes. Default 256 KiB.</summary>
    public int MaximumPacketBytes { get; init; } = 256 * 1024;

    /// <summary>Messages received and not yet read; when full, reading from the socket pauses. Default 1000.</summary>
    public int IncomingCapacity { get; init; } = 1000;

    /// <summary>5.0: unacknowledged messages accepted.</summary>
    public ushort? ReceiveMaximum { get; init; }

    /// <summary>5.0: stated in CONNECT, bytes.</summary>
    public uint? MaximumPacketSize { get; init; }
}

/// <summary>The TLS side of a client.</summary>
public sealed class MqttClientTls
{
    /// <summary>With its private key. Null offers none.</summary>
    public X509Certificate2? Certificate { get; init; }

    /// <summary>Instead of <see cref="Certificate"/>: built once and shared by many connections.</summary>
    public SslStreamCertificateContext? CertificateContext { get; init; }

    /// <summary>The only roots the server's certificate may lead to. Null or empty: the system's.</summary>
    public X509Certificate2Collection? Roots { get; init; }

    /// <summary>The name the server must prove, and SNI. Null: <see cref="MqttConnectionOptions.Host"/>.</summary>
    public string? ServerName { get; init; }

    /// <summary>ALPN offers, e.g. <c>x-amzn-mqtt-ca</c>. Empty offers none.</summary>
    public IReadOnlyList<string> ApplicationProtocols { get; init; } = [];

    /// <summary>Default: TLS 1.2 or 1.3, whatever the server takes.</summary>
    public SslProtocols Protocols { get; init; } = SslProtocols.Tls12 | SslProtocols.Tls13;

    /// <summary>False makes every handshake a full one. Default false.</summary>
    public bool AllowResume { get; init; }

    /// <summary>Replaces the check of the server's certificate, e.g. to compare a fingerprint. Null: name and chain.</summary>
    public RemoteCertificateValidationCallback? ValidateServer { get; init; }
}
