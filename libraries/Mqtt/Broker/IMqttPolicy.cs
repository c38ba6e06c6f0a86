using System.Net;
using System.Security.Authentication;

namespace FleetPlatform.Mqtt;

/// <summary>The questions a broker asks its owner. Everything but <see cref="AuthorizeConnect"/> answers from memory, at once.</summary>
/// <remarks>Called from many connections at the same time; for one connection never twice at once, except <see cref="AuthorizeReceive"/>.</remarks>
public interface IMqttPolicy
{
    /// <summary>May this peer connect? Asked once per CONNECT; may await a look-up. Runs under <see cref="MqttBrokerOptions.ConnectTimeout"/>.</summary>
    ValueTask<ConnectVerdict> AuthorizeConnect(ConnectAttempt attempt, CancellationToken cancellation);

    /// <summary>May the client publish this, and where does it go? Also asked about a will when it falls due.</summary>
    PublishVerdict AuthorizePublish(MqttClient client, Publish publish);

    /// <summary>May the client subscribe?</summary>
    /// <param name="client">Who asks.</param>
    /// <param name="filter">As asked, already checked against the limits.</param>
    /// <param name="requested">QoS 2 has become 1 already.</param>
    /// <param name="close">True ends the connection after a refusal.</param>
    /// <returns>A granted QoS (0 or 1, at most what was asked) or a failure.</returns>
    ReasonCode AuthorizeSubscribe(MqttClient client, string filter, QoS requested, out bool close);

    /// <summary>May this message be delivered to this client? Asked for every delivery.</summary>
    bool AuthorizeReceive(MqttClient client, Publish publish);

    /// <summary>Takes a message whose verdict was <see cref="PublishVerdict.Reserved"/>. Its PUBACK is already on its way.</summary>
    /// <remarks>Must not block: queue the work and return. An exception closes the connection.</remarks>
    ValueTask OnReserved(MqttClient client, Publish publish);

    /// <summary>
    /// The broker refused something by itself, or ends a connection for it. Told, not asked: nothing changes it. Once for each end;
    /// what is refused on a connection that goes on can come as often as packets do, so who records it bounds that.
    /// </summary>
    /// <remarks>Must not block or throw. May come before <see cref="OnConnected"/>, and without it.</remarks>
    void OnFault(MqttFault fault) { }

    /// <summary>CONNACK has been sent.</summary>
    void OnConnected(MqttClient client);

    /// <summary>The connection is gone; called once for every <see cref="OnConnected"/>, after it.</summary>
    void OnDisconnected(MqttClient client, DisconnectCause cause);
}

/// <summary>What is known of a peer when it sends CONNECT.</summary>
public sealed record ConnectAttempt
{
    public required Connect Connect { get; init; }

    /// <summary>The client id asked for, or the one assigned when none was.</summary>
    public required string ClientId { get; init; }

    /// <summary>True when the client sent an empty id and <see cref="ClientId"/> was minted here.</summary>
    public bool ClientIdAssigned { get; init; }

    /// <summary>Minted for this connection: a lower-case version 7 GUID without hyphens.</summary>
    public required string SessionId { get; init; }

    /// <summary>DER of the certificate whose key the peer has proved to hold; empty on a plain connection.</summary>
    public ReadOnlyMemory<byte> ClientCertificate { get; init; }

    /// <summary>DER of the certificates that the peer sent behind its own, at most four, in its order; nobody has checked them.</summary>
    public IReadOnlyList<ReadOnlyMemory<byte>> PresentedCertificates { get; init; } = [];

    /// <summary>Null on a plain connection.</summary>
    public TlsFacts? Tls { get; init; }

    public EndPoint? RemoteEndPoint { get; init; }
}

/// <summary>How the TLS handshake ended.</summary>
/// <param name="Protocol">TLS 1.2 or 1.3.</param>
/// <param name="ServerName">SNI as the client sent it; empty when it sent none.</param>
/// <param name="ApplicationProtocol">ALPN as agreed; empty when the client offered none.</param>
/// <param name="HandshakeDuration">From the first byte waited for to the client's certificate in hand.</param>
public sealed record TlsFacts(SslProtocols Protocol, string ServerName, string ApplicationProtocol, TimeSpan HandshakeDuration);

/// <summary>The answer to a <see cref="ConnectAttempt"/>.</summary>
public sealed record ConnectVerdict
{
    ConnectVerdict() { }

    public bool Accepted { get; private init; }

    /// <summary>Why not; what CONNACK says.</summary>
    public ReasonCode Reason { get; private init; }

    /// <summary>Refuse by closing, as AWS does where it has nothing to say.</summary>
    public bool CloseWithoutConnAck { get; private init; }

    /// <summary>The owner's own object, found again as <see cref="MqttClient.State"/>.</summary>
    public object? State { get; private init; }

    /// <summary>Null keeps the attempt's client id.</summary>
    public string? ClientId { get; private init; }

    /// <summary>Whose session this is, e.g. a certificate id. Sessions are resumed and taken over by the same principal only.</summary>
    public string Principal { get; init; } = "";

    /// <summary>
    /// Asked when the client id is in use by, or has a stored session of, another principal, which is the argument. True hands over.
    /// False or null: a live connection keeps its place and this one is refused; a stored session is discarded, never handed over.
    /// </summary>
    public Func<string, bool>? MayTakeOverFrom { get; init; }

    /// <summary>Let it in.</summary>
    public static ConnectVerdict Accept(object? state, string? clientId = null) => new() { Accepted = true, State = state, ClientId = clientId };

    /// <summary>Keep it out.</summary>
    public static ConnectVerdict Refuse(ReasonCode reason, bool closeWithoutConnAck = false) =>
        new() { Reason = reason, CloseWithoutConnAck = closeWithoutConnAck };
}

/// <summary>What becomes of a published message.</summary>
public readonly record struct PublishVerdict
{
    internal enum Course : byte { Drop, Route, Reserved, Refuse }

    internal Course Kind { get; private init; }

    /// <summary>What a refused publisher is told.</summary>
    public ReasonCode Reason { get; private init; }

    /// <summary>To all who subscribed; kept when retained.</summary>
    public static PublishVerdict Route { get; } = new() { Kind = Course.Route };

    /// <summary>To <see cref="IMqttPolicy.OnReserved"/>, and nobody else.</summary>
    public static PublishVerdict Reserved { get; } = new() { Kind = Course.Reserved };

    /// <summary>Acknowledged and forgotten.</summary>
    public static PublishVerdict Drop { get; } = new() { Kind = Course.Drop };

    /// <summary>5.0 at QoS 1: PUBACK with the reason, and the connection lives. 5.0 at QoS 0: DISCONNECT with the reason. 3.1.1: close.</summary>
    public static PublishVerdict Refuse(ReasonCode reason) => new() { Kind = Course.Refuse, Reason = reason };
}

/// <summary>Why a connection ended.</summary>
public enum DisconnectCause
{
    /// <summary>The client said so: DISCONNECT.</summary>
    ClientInitiated,
    ConnectionLost,

    /// <summary>The client broke the protocol or a limit.</summary>
    ClientError,
    KeepAliveTimeout,

    /// <summary>Its client id connected again.</summary>
    TakenOver,

    /// <summary>It did what its policy forbids.</summary>
    Forbidden,

    /// <summary>It did not read what it was sent, or sent too much.</summary>
    Throttled,

    /// <summary><see cref="MqttClient.Close"/> was called.</summary>
    ServerInitiated,
    ServerShutdown,

    /// <summary>We failed.</summary>
    ServerError,
}
