namespace FleetPlatform.Mqtt;

/// <summary>One client id: who is connected under it, and the session that outlives the connection. Everything here is guarded by <see cref="Gate"/>.</summary>
/// <remarks>The gate is held for moments, never across a call into the policy that could wait, and never two at once.</remarks>
sealed class Seat(string clientId)
{
    public readonly Lock Gate = new();
    volatile MqttClient? _client;

    public string ClientId { get; } = clientId;

    /// <summary>The connected client. May be read without the gate.</summary>
    public MqttClient? Client { get => _client; set => _client = value; }

    public Session? Session { get; set; }
    public ProtocolVersion Version { get; set; }
    public string Principal { get; set; } = "";
    public Dictionary<string, Subscription>? Subscriptions { get; set; }

    /// <summary>When a stored session ends; null while connected, or without one.</summary>
    public DateTimeOffset? ExpiresAt { get; set; }

    /// <summary>A will that waits for its delay, with the client it speaks for.</summary>
    public (MqttClient Client, Will Will, DateTimeOffset DueAt)? DelayedWill { get; set; }

    /// <summary>True once the seat is out of the broker's table: whoever still holds it must look again.</summary>
    public bool IsRemoved { get; set; }
}

/// <summary>One subscription of one session.</summary>
sealed record Subscription(Seat Seat, Session Session, string Filter, QoS QoS, bool NoLocal, bool RetainAsPublished);
