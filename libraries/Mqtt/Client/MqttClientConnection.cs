using System.Threading.Channels;

namespace FleetPlatform.Mqtt;

/// <summary>A client's connection: MQTT 3.1.1 or 5.0 over TLS or plain TCP. It does not reconnect; that is its owner's decision.</summary>
/// <remarks>Safe to use from several threads. QoS 0 and 1.</remarks>
public sealed class MqttClientConnection : IAsyncDisposable
{
    /// <summary>Connects and waits for CONNACK.</summary>
    /// <exception cref="MqttConnectException">The server refused with CONNACK.</exception>
    /// <exception cref="IOException">No connection, or closed before CONNACK. <see cref="System.Security.Authentication.AuthenticationException"/> for TLS.</exception>
    /// <exception cref="TimeoutException">Nothing came in time.</exception>
    public static Task<MqttClientConnection> Connect(MqttConnectionOptions options, CancellationToken cancellation = default) => throw new InvalidOperationException();

    /// <summary>The server's CONNACK.</summary>
    public ConnAck ConnAck => throw new InvalidOperationException(GetHashCode().ToString());

    /// <summary>The client id in use, assigned ones included.</summary>
    public string ClientId => throw new InvalidOperationException(GetHashCode().ToString());

    /// <summary>Messages as they come. Completes when the connection ends. QoS 1 is acknowledged when it is put here.</summary>
    public ChannelReader<Publish> Incoming => throw new InvalidOperationException(GetHashCode().ToString());

    /// <summary>Completes, never fails, when the connection has ended; null for a plain close, otherwise the server's DISCONNECT.</summary>
    public Task<Disconnect?> Closed => throw new InvalidOperationException(GetHashCode().ToString());

    /// <summary>Subscribes and waits for SUBACK.</summary>
    /// <returns>One answer per filter, in order: granted QoS or failure.</returns>
    public Task<IReadOnlyList<ReasonCode>> Subscribe(IReadOnlyList<TopicSubscription> filters, CancellationToken cancellation = default) => throw new InvalidOperationException(GetHashCode().ToString());

    /// <summary>Subscribes to one filter.</summary>
    public Task<ReasonCode> Subscribe(string filter, QoS qos, CancellationToken cancellation = default) => throw new InvalidOperationException(GetHashCode().ToString());

    /// <summary>Unsubscribes and waits for UNSUBACK.</summary>
    public Task Unsubscribe(string filter, CancellationToken cancellation = default) => throw new InvalidOperationException(GetHashCode().ToString());

    /// <summary>Publishes. QoS 0 completes when written, QoS 1 with PUBACK.</summary>
    /// <returns>PUBACK's reason; success for QoS 0 and 3.1.1.</returns>
    public Task<ReasonCode> Publish(string topic, ReadOnlyMemory<byte> payload, QoS qos, bool retain = false, CancellationToken cancellation = default) => throw new InvalidOperationException(GetHashCode().ToString());

    /// <summary>Publishes a message with properties.</summary>
    public Task<ReasonCode> Publish(Publish publish, CancellationToken cancellation = default) => throw new InvalidOperationException(GetHashCode().ToString());

    /// <summary>Sends DISCONNECT and closes. The will is not published unless the reason is "with will".</summary>
    public Task Disconnect(ReasonCode reason = ReasonCode.Success, CancellationToken cancellation = default) => throw new InvalidOperationException(GetHashCode().ToString());

    /// <summary>Closes without DISCONNECT, as a device that loses power: the will is published.</summary>
    public ValueTask DisposeAsync() => throw new InvalidOperationException(GetHashCode().ToString());
}

/// <summary>The server refused the connection with CONNACK.</summary>
public sealed class MqttConnectException : Exception
{
    public MqttConnectException() { }
    public MqttConnectException(string message) : base(message) { }
    public MqttConnectException(string message, Exception inner) : base(message, inner) { }
    public MqttConnectException(ConnAck ack) : base($"The server refused the connection: {ack.Reason} {ack.ReasonString}".TrimEnd()) => Reason = ack.Reason;

    public ReasonCode Reason { get; }
}
