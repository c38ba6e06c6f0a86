using System.ComponentModel.DataAnnotations;

namespace FleetPlatform.Mqtt;

/// <summary>What the TLS handshakes of a listener may take and use.</summary>
public sealed class MqttTlsLimits
{
    /// <summary>From accept to the end of the handshake. Default 10 s.</summary>
    [Range(typeof(TimeSpan), "00:00:00.1", "00:10:00", ParseLimitsInInvariantCulture = true)]
    public TimeSpan HandshakeTimeout { get; init; } = TimeSpan.FromSeconds(10);

    /// <summary>Handshakes at once; others wait their turn inside <see cref="HandshakeTimeout"/>. Default 64 per processor.</summary>
    [Range(1, 1_000_000)]
    public int MaximumConcurrentHandshakes { get; init; } = 64 * Environment.ProcessorCount;

    /// <summary>Connections in or before the handshake; beyond, new ones are closed at once. Default 4096.</summary>
    [Range(1, 1_000_000)]
    public int MaximumPendingHandshakes { get; init; } = 4096;

    /// <summary>True lets clients resume TLS sessions, which skips proving possession of the key again. Default false.</summary>
    public bool AllowResume { get; init; }
}
