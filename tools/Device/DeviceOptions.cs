using System.Security.Authentication;
using System.Security.Cryptography.X509Certificates;
using FleetPlatform.Mqtt;

namespace FleetPlatform.Device;

/// <summary>How provisioning requests and answers are written; the last segment of their topics.</summary>
public enum PayloadFormat
{
    Json,
    Cbor,
}

/// <summary>Who makes the device's key pair.</summary>
public enum KeyOrigin
{
    /// <summary>The device, EC on P-256; the private key never leaves it.</summary>
    DeviceEcdsaP256,

    /// <summary>The device, RSA with 2048 bits: 150 to 500 ms of its CPU.</summary>
    DeviceRsa2048,

    /// <summary>The platform (CreateKeysAndCertificate), for devices that cannot.</summary>
    Server,
}

/// <summary>What is built into a device's firmware.</summary>
public sealed record DeviceOptions
{
    /// <summary>Host name or address of the MQTT endpoint; the server's certificate must be for it.</summary>
    public required string Host { get; init; }

    public int Port { get; init; } = 8883;

    /// <summary>The only roots the server's certificate may lead to.</summary>
    public required X509Certificate2Collection Roots { get; init; }

    /// <summary>Provisioning template to register with, 1 to 36 characters.</summary>
    public required string TemplateName { get; init; }

    /// <summary>Parameters for the template, for example SerialNumber.</summary>
    public IReadOnlyDictionary<string, string> Parameters { get; init; } = new Dictionary<string, string>();

    /// <summary>Client id while connected with the claim. Null: a random one, as most fleets do.</summary>
    public string? ClaimClientId { get; init; }

    /// <summary>Client id once provisioned. Null: the thing's name, as policies with thing variables need it.</summary>
    public string? ClientId { get; init; }

    /// <summary>Common name in the signing request. Null: the parameter SerialNumber, or else "device".</summary>
    public string? CommonName { get; init; }

    public PayloadFormat Format { get; init; }
    public KeyOrigin Key { get; init; }
    public ProtocolVersion Version { get; init; } = ProtocolVersion.V311;

    /// <summary>Quality of service of requests and subscriptions. Default 1, as the AWS SDKs.</summary>
    public QoS QoS { get; init; } = QoS.AtLeastOnce;

    /// <summary>TLS versions offered. Default 1.2 and 1.3.</summary>
    public SslProtocols Tls { get; init; } = SslProtocols.Tls12 | SslProtocols.Tls13;

    /// <summary>ALPN offers, for example <c>x-amzn-mqtt-ca</c>; none by default.</summary>
    public IReadOnlyList<string> ApplicationProtocols { get; init; } = [];

    /// <summary>From TCP connect to CONNACK. Default 10 seconds.</summary>
    public TimeSpan ConnectTimeout { get; init; } = TimeSpan.FromSeconds(10);

    /// <summary>How long a request waits for accepted or rejected. Default 5 seconds.</summary>
    public TimeSpan AnswerTimeout { get; init; } = TimeSpan.FromSeconds(5);

    public RetryPolicy Retry { get; init; } = new();

    /// <summary>With less than this left, a device renews its certificate unasked; a short life at two thirds. Default 30 days.</summary>
    public TimeSpan RenewBefore { get; init; } = TimeSpan.FromDays(30);

    /// <summary>True: a pair that comes with the command to rotate is used. Default false: a key that has travelled is no secret of the device's own.</summary>
    public bool AcceptsPushedPairs { get; init; }

    /// <summary>Connections with a new pair that may fail before the device goes back to the other one. Default 3.</summary>
    public int TrialsBeforeFallBack { get; init; } = 3;
}

/// <summary>How often a device tries again what may pass, and how long it waits in between: exponential, with full jitter.</summary>
public sealed record RetryPolicy
{
    /// <summary>Tries in all, the first included. Default 5; 1 gives up at once.</summary>
    public int Attempts { get; init; } = 5;

    /// <summary>Upper bound of the first wait. Default 500 ms; it doubles with each further one.</summary>
    public TimeSpan FirstDelay { get; init; } = TimeSpan.FromMilliseconds(500);

    /// <summary>Upper bound of any wait. Default 30 seconds.</summary>
    public TimeSpan MaximumDelay { get; init; } = TimeSpan.FromSeconds(30);

    /// <summary>
    /// How long a connection must have worked before its loss counts as a first one. Default 1 minute, twice the longest wait: a device whose connections
    /// each prove good and break at once would come back after the shortest wait for ever.
    /// </summary>
    public TimeSpan ForgetLossesAfter { get; init; } = TimeSpan.FromMinutes(1);

    /// <summary>How many losses count once a connection has ended: the attempt that <see cref="DelayAfter"/> waits after.</summary>
    /// <param name="losses">Those that counted before it.</param>
    /// <param name="worked">How long it worked; zero when it never did.</param>
    public int CountLoss(int losses, TimeSpan worked) => worked >= ForgetLossesAfter ? 1 : losses + 1;

    /// <summary>The wait after a failed attempt.</summary>
    /// <param name="attempt">The attempt that failed, from 1.</param>
    /// <param name="random">0 up to 1: where in the range to land, so that a fleet does not come back all at once.</param>
    public TimeSpan DelayAfter(int attempt, double random) =>
        TimeSpan.FromTicks((long)(random * Math.Min(MaximumDelay.Ticks, FirstDelay.Ticks * Math.Pow(2, Math.Min(attempt - 1, 30)))));
}
