using System.Net;

namespace FleetPlatform.Mqtt;

/// <summary>What a peer did that the broker refuses by itself.</summary>
public enum MqttFaultKind
{
    /// <summary>What was sent is not MQTT, is malformed, or has no place at this point; a first packet that is not CONNECT.</summary>
    ProtocolError,

    /// <summary>MQTT that this broker does not offer: its version, QoS 2, subscription identifiers, shared subscriptions, extended authentication.</summary>
    NotSupported,

    /// <summary>A client id, will, topic or filter that is never allowed, whatever the limits.</summary>
    InvalidRequest,

    /// <summary>A packet whose header declares more bytes than are read.</summary>
    PacketTooLarge,

    /// <summary>Another limit of <see cref="MqttBrokerOptions"/>; the detail names it.</summary>
    LimitExceeded,

    /// <summary>Silence for one and a half keep-alives: half-open, or gone.</summary>
    KeepAliveTimeout,

    /// <summary>No whole CONNECT within <see cref="MqttBrokerOptions.ConnectTimeout"/>.</summary>
    ConnectTimeout,
}

/// <summary>What becomes of the peer.</summary>
public enum MqttFaultOutcome
{
    /// <summary>It is not let in.</summary>
    ConnectRefused,

    /// <summary>The publish is refused; the connection goes on.</summary>
    PublishRefused,

    /// <summary>The filter is refused; the connection goes on.</summary>
    SubscribeRefused,

    /// <summary>The connection ends.</summary>
    Closed,
}

/// <summary>Something that the broker refused without asking its policy, or ended a connection for.</summary>
public sealed record MqttFault
{
    public required MqttFaultKind Kind { get; init; }
    public required MqttFaultOutcome Outcome { get; init; }

    /// <summary>For people: names, sizes and limits, never a payload.</summary>
    public required string Detail { get; init; }

    /// <summary>Who did it; null when it was not let in.</summary>
    public MqttClient? Client { get; init; }

    /// <summary>Topic or filter as the peer sent it, which may be up to 65,535 bytes of anything; null when it is about none.</summary>
    public string? Topic { get; init; }

    /// <summary>Of this connection.</summary>
    public required string SessionId { get; init; }

    /// <summary>As asked for, which may be anything that fits into a CONNECT; empty when none was read.</summary>
    public required string ClientId { get; init; }

    /// <summary>DER of the certificate whose key the peer has proved to hold; empty on a plain connection, and when <see cref="Client"/> is set.</summary>
    public ReadOnlyMemory<byte> ClientCertificate { get; init; }

    public EndPoint? RemoteEndPoint { get; init; }

    /// <summary>What a reason code says about a packet that cannot be read on.</summary>
    internal static MqttFaultKind KindOf(ReasonCode reason) => reason switch
    {
        ReasonCode.PacketTooLarge => MqttFaultKind.PacketTooLarge,
        ReasonCode.QuotaExceeded => MqttFaultKind.LimitExceeded,
        ReasonCode.TopicNameInvalid or ReasonCode.TopicFilterInvalid => MqttFaultKind.InvalidRequest,
        ReasonCode.UnsupportedProtocolVersion or ReasonCode.QoSNotSupported or ReasonCode.SubscriptionIdentifiersNotSupported
            or ReasonCode.SharedSubscriptionsNotSupported or ReasonCode.BadAuthenticationMethod => MqttFaultKind.NotSupported,
        _ => MqttFaultKind.ProtocolError,
    };
}
