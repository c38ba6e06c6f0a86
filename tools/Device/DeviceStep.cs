namespace FleetPlatform.Device;

/// <summary>The steps from factory-fresh to operational, in order.</summary>
public enum DeviceStep
{
    /// <summary>TCP, mutual TLS with the claim certificate, CONNECT to CONNACK.</summary>
    ConnectWithClaim,

    /// <summary>SUBSCRIBE to the answers of both requests.</summary>
    Subscribe,

    /// <summary>Key pair and signing request, where the device makes them.</summary>
    GenerateKey,

    /// <summary>From the request for a certificate to the answer.</summary>
    RequestCertificate,

    /// <summary>Certificate and key into their slots.</summary>
    StoreCredentials,

    /// <summary>From RegisterThing to its answer.</summary>
    RegisterThing,

    /// <summary>TCP, mutual TLS with the device's own certificate, CONNECT to CONNACK.</summary>
    Reconnect,

    /// <summary>The claim is of no more use.</summary>
    DeleteClaim,

    /// <summary>A new key, a certificate for it over the connection with the old one, both stored beside the old pair.</summary>
    Rotate,

    /// <summary>The other pair is in use again.</summary>
    FallBack,

    /// <summary>Living on: neither pair is let in, or something happened that was not foreseen. It is tried again.</summary>
    Operate,
}

/// <summary>One attempt at one step.</summary>
/// <param name="Step">Which.</param>
/// <param name="Attempt">From 1.</param>
/// <param name="Duration">How long it took, whatever came of it.</param>
/// <param name="Failure">Null when it went well.</param>
public sealed record StepReport(DeviceStep Step, int Attempt, TimeSpan Duration, ProvisioningException? Failure);

/// <summary>What a device is after provisioning.</summary>
public sealed record DeviceIdentity
{
    /// <summary>SHA-256 of the DER certificate, 64 lower-case hex digits.</summary>
    public required string CertificateId { get; init; }

    /// <summary>Null when the template makes no thing, or when the device lost power before it had stored the name.</summary>
    public string? ThingName { get; init; }

    /// <summary>What the template tells the device.</summary>
    public IReadOnlyDictionary<string, string> Configuration { get; init; } = new Dictionary<string, string>();
}

/// <summary>A step failed. Which, why, and whether the same may succeed later.</summary>
public sealed class ProvisioningException : Exception
{
    public ProvisioningException() : this(default, "unknown", "Unknown.", retryable: false) { }
    public ProvisioningException(string message) : this(default, "unknown", message, retryable: false) { }
    public ProvisioningException(string message, Exception innerException) : this(default, "unknown", message, false, innerException) { }

    public ProvisioningException(DeviceStep step, string code, string message, bool retryable, Exception? innerException = null)
        : base($"{step}: {code}: {message}", innerException) => (Step, Code, Retryable) = (step, code, retryable);

    public DeviceStep Step { get; }

    /// <summary>
    /// The platform's errorCode (<c>InvalidParameters</c>…), <c>refused</c> (CONNACK), <c>tls</c>, <c>connection</c>, <c>timeout</c>,
    /// <c>answer</c> (not understood), <c>credentials</c> (none to connect with), <c>unforeseen</c> (anything else).
    /// </summary>
    public string Code { get; }

    /// <summary>statusCode of a rejection; null for everything else.</summary>
    public int? StatusCode { get; init; }

    /// <summary>True: the same request may succeed later.</summary>
    public bool Retryable { get; }
}
