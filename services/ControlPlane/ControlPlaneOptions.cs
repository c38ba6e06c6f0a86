using System.ComponentModel.DataAnnotations;
using FleetPlatform.Contracts.CertificateAuthority;

namespace FleetPlatform.ControlPlane;

/// <summary>Who may ask, how much, and what is told about the MQTT endpoint. Section <c>ControlPlane</c>.</summary>
sealed class ControlPlaneOptions : IValidatableObject
{
    public const string Section = "ControlPlane";

    /// <summary>The operator's access key id, 16 to 128 letters and digits.</summary>
    [Required, RegularExpression("^[A-Za-z0-9]{16,128}$")]
    public string AccessKeyId { get; init; } = "";

    /// <summary>The secret that goes with it, at least 32 characters. Never logged.</summary>
    [Required, MinLength(32)]
    public string SecretAccessKey { get; init; } = "";

    /// <summary>Host of the MQTT listener, without scheme and port: what DescribeEndpoint answers.</summary>
    [Required]
    public string MqttEndpoint { get; init; } = "localhost";

    /// <summary>True: refuse signatures made for another region than this deployment's. Default false; the region is part of the signature either way.</summary>
    public bool RequireRegion { get; init; }

    /// <summary>How far a request's time may be from ours, both ways. Default 15 minutes, as on AWS.</summary>
    public TimeSpan ClockWindow { get; init; } = TimeSpan.FromMinutes(15);

    /// <summary>Longest request body. Default 256 KiB.</summary>
    [Range(1024, 16 * 1024 * 1024)]
    public int MaximumBodyBytes { get; init; } = 256 * 1024;

    /// <summary>Requests a second, on average; beyond them a burst of as many again. Default 200.</summary>
    [Range(1, 100_000)]
    public int RequestsPerSecond { get; init; } = 200;

    /// <summary>Key pairs that CreateKeysAndCertificate and CreateProvisioningClaim make. Default P-256; RSA-2048 for clients that cannot use it.</summary>
    public KeyAlgorithm KeyAlgorithm { get; init; } = KeyAlgorithm.EcdsaP256;

    /// <summary>How long one service may take to say what it knows of a device, before the rest is shown without it. Default 2 seconds.</summary>
    public TimeSpan FlowStepsTimeout { get; init; } = TimeSpan.FromSeconds(2);

    public IEnumerable<ValidationResult> Validate(ValidationContext validationContext)
    {
        if (ClockWindow <= TimeSpan.Zero || ClockWindow > TimeSpan.FromHours(1))
            yield return new($"{Section}:{nameof(ClockWindow)} ({ClockWindow}) must be above zero and at most one hour.");
        if (FlowStepsTimeout <= TimeSpan.Zero || FlowStepsTimeout > TimeSpan.FromMinutes(1))
            yield return new($"{Section}:{nameof(FlowStepsTimeout)} ({FlowStepsTimeout}) must be above zero and at most one minute.");
        if (MqttEndpoint.AsSpan().ContainsAny(":/"))
            yield return new($"{Section}:{nameof(MqttEndpoint)} is a host name or IPv4 address, without scheme and port.");
    }
}
