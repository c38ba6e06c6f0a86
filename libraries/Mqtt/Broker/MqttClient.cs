namespace FleetPlatform.Mqtt;

/// <summary>One connected client, from CONNACK to the end of its connection. Safe to use from any thread.</summary>
public sealed partial class MqttClient
{
    internal MqttClient(ConnectAttempt attempt, ConnectVerdict verdict)
    {
        ClientId = verdict.ClientId ?? attempt.ClientId;
        SessionId = attempt.SessionId;
        Version = attempt.Connect.Version;
        Principal = verdict.Principal;
        State = verdict.State;
    }

    public string ClientId { get; }

    /// <summary>Of this connection; a reconnect has another.</summary>
    public string SessionId { get; }

    public ProtocolVersion Version { get; }

    /// <summary><see cref="ConnectVerdict.Principal"/>.</summary>
    public string Principal { get; }

    /// <summary>What <see cref="ConnectVerdict.Accept"/> was given. May be replaced, e.g. when the principal's policies change.</summary>
    public object? State { get; set; }

    /// <summary>True from CONNACK until the connection ends.</summary>
    public bool IsConnected => throw new InvalidOperationException(GetHashCode().ToString());

    /// <summary>Sends a message to this connection only, outside the broker: no subscription is needed, nobody else sees it.</summary>
    /// <param name="topic">At most 65,535 bytes; not checked against the limits.</param>
    /// <param name="payload">Not copied; must not change afterwards.</param>
    /// <param name="qos">0 or 1.</param>
    /// <returns>False when the client is gone, does not take packets so large, or its queue is full.</returns>
    public bool Deliver(string topic, ReadOnlyMemory<byte> payload, QoS qos) => throw new InvalidOperationException(GetHashCode().ToString());

    /// <summary>Ends the connection: DISCONNECT with the reason in 5.0, a plain close in 3.1.1.</summary>
    /// <param name="reason">A failure, e.g. <see cref="ReasonCode.AdministrativeAction"/>.</param>
    /// <param name="suppressWill">True: the will is never published, not even later.</param>
    /// <param name="dropSession">True: subscriptions and queued messages go too.</param>
    public void Close(ReasonCode reason, bool suppressWill = false, bool dropSession = false) => throw new InvalidOperationException(GetHashCode().ToString());

    /// <summary>The QoS at which this client is subscribed to a topic, by whatever filter; the highest when several match.</summary>
    /// <returns>Null when it is not.</returns>
    public QoS? SubscribedQoS(string topic) => throw new InvalidOperationException(GetHashCode().ToString());
}
