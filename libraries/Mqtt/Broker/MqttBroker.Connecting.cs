namespace FleetPlatform.Mqtt;

/// <summary>CONNECT, take-over, and the end of a connection.</summary>
public sealed partial class MqttBroker
{
    /// <summary>What the transport knows of a connection.</summary>
    internal sealed record Peer(
        ReadOnlyMemory<byte> Certificate, TlsFacts? Tls, System.Net.EndPoint? RemoteEndPoint, IReadOnlyList<ReadOnlyMemory<byte>>? Presented = null)
    {
        /// <summary>Of the connection, from its first packet on.</summary>
        public string SessionId { get; } = Guid.CreateVersion7().ToString("N");
    }

    /// <summary>Decides on a CONNECT and answers it.</summary>
    /// <returns>The client, or null when the connection must be closed; CONNACK, if one is due, is in the outbox.</returns>
    internal async ValueTask<MqttClient?> Accept(Connect connect, Peer peer, Outbox outbox, CancellationToken cancellation)
    {
        if (ConnectRules.Check(connect, Options) is { } broken)
        {
            Turned(peer, broken.Kind, broken.Detail, connect.ClientId, connect.Will?.Topic);
            return Refuse(outbox, connect.Version, broken.Reason, broken.Close, broken.Detail);
        }

        if (_isShutDown) return Refuse(outbox, connect.Version, ReasonCode.ServerShuttingDown, false, null);

        var isAssigned = connect.ClientId.Length == 0;
        var attempt = new ConnectAttempt
        {
            Connect = connect,
            ClientId = isAssigned ? Options.AssignedClientIdPrefix + Guid.CreateVersion7() : connect.ClientId, // [MQTT-3.1.3-6]
            ClientIdAssigned = isAssigned,
            SessionId = peer.SessionId,
            ClientCertificate = peer.Certificate,
            PresentedCertificates = peer.Presented ?? [],
            Tls = peer.Tls,
            RemoteEndPoint = peer.RemoteEndPoint,
        };
        var verdict = await Policy.AuthorizeConnect(attempt, cancellation);
        if (!verdict.Accepted) return Refuse(outbox, connect.Version, verdict.Reason, verdict.CloseWithoutConnAck, null);

        var client = new MqttClient(this, attempt, verdict, outbox);
        if (!TakeSeat(client, verdict, connect, isAssigned, out var displaced, out var dueWill))
            return Refuse(outbox, connect.Version, ReasonCode.NotAuthorized, false, "The client id is in use.");

        // The old connection is closed with its own reason [MQTT-3.1.4-3].
        displaced?.End(ReasonCode.SessionTakenOver, DisconnectCause.TakenOver);
        if (dueWill is { } due) PublishWill(due.Client, due.Will);
        _clients[client.SessionId] = client;
        Counters.Connections.Add(1);
        try
        {
            Policy.OnConnected(client);
        }
        catch
        {
            Left(client);
            throw;
        }

        return client;
    }

    /// <summary>Says that a peer was turned away for its own fault before anyone was asked about trust.</summary>
    internal void Turned(Peer peer, MqttFaultKind kind, string detail, string clientId = "", string? topic = null) => Policy.OnFault(new MqttFault
    {
        Kind = kind,
        Outcome = MqttFaultOutcome.ConnectRefused,
        Detail = detail,
        Topic = topic,
        SessionId = peer.SessionId,
        ClientId = clientId,
        ClientCertificate = peer.Certificate,
        RemoteEndPoint = peer.RemoteEndPoint,
    });

    static MqttClient? Refuse(Outbox outbox, ProtocolVersion version, ReasonCode reason, bool close, string? detail)
    {
        Counters.Refused.Add(1, new KeyValuePair<string, object?>("reason", reason.ToString()));
        // A CONNACK with a failure is followed by the close [MQTT-3.2.2-7] (3.1.1: [MQTT-3.2.2-5]).
        outbox.Seal(close ? null : new ConnAck { Reason = reason, ReasonString = detail }, version);
        return null;
    }

    bool TakeSeat(
        MqttClient client, ConnectVerdict verdict, Connect connect, bool isAssigned, out MqttClient? displaced, out (MqttClient Client, Will Will)? dueWill)
    {
        while (true)
        {
            var seat = _seats.GetOrAdd(client.ClientId, static id => new Seat(id));
            lock (seat.Gate)
            {
                if (seat.IsRemoved) continue;
                var isOwn = seat.Session is null || seat.Principal == client.Principal || verdict.MayTakeOverFrom?.Invoke(seat.Principal) == true;
                displaced = seat.Client;
                dueWill = null;
                // One that has said goodbye, and only has not left its seat yet, holds the id no more.
                if (displaced is { IsConnected: true } && !isOwn)
                {
                    displaced = null;
                    return false;
                }

                // A session is resumed by its own version and principal only, and only when the client wants it [MQTT-3.1.2-4], [MQTT-3.1.2-5].
                var resumes = seat.Session is not null && isOwn && !client.CleanStart && seat.Version == client.Version;
                dueWill = WillOnTakeOver(seat, displaced, resumes);
                Seated(seat, client, resumes);
                // CONNACK is the first packet a client gets [MQTT-3.2.0-1]; nobody else can write before this gate opens.
                client.Outbox.Add(ConnAckFor(client, connect, resumes, isAssigned), client.Version);
                seat.Session!.Resume(message => Policy.AuthorizeReceive(client, message), Clock.GetUtcNow());
                client.Outbox.Schedule();
                return true;
            }
        }
    }

    // Under the seat's gate.
    void Seated(Seat seat, MqttClient client, bool resumes)
    {
        seat.Session?.Detach();
        if (!resumes)
        {
            EndSession(seat);
            seat.Session = new Session(_sessionLimits);
        }
        else if (seat.ExpiresAt is not null)
        {
            seat.ExpiresAt = null;
            Interlocked.Decrement(ref _storedSessions);
        }

        seat.Client = client;
        seat.Version = client.Version;
        seat.Principal = client.Principal;
        client.Seat = seat;
        seat.Session!.Attach(client, client.ReceiveMaximum);
    }

    // A delayed will is called off by a reconnect that resumes the session [MQTT-3.1.3-9]; a session that ends sets it free (§3.1.3.2.2).
    static (MqttClient, Will)? WillOnTakeOver(Seat seat, MqttClient? displaced, bool resumes)
    {
        if (displaced is { Will: { } will })
        {
            displaced.Will = null;
            return !resumes || will.Delay is null or 0 ? (displaced, will) : null;
        }

        var delayed = seat.DelayedWill;
        seat.DelayedWill = null;
        return delayed is { } late && !resumes ? (late.Client, late.Will) : null;
    }

    ConnAck ConnAckFor(MqttClient client, Connect connect, bool resumes, bool isAssigned)
    {
        if (client.Version != ProtocolVersion.V500) return new ConnAck { SessionPresent = resumes }; // [MQTT-3.2.2-2], [MQTT-3.2.2-3]

        var keepAlive = (ushort)client.KeepAlive.TotalSeconds;
        var expiry = (uint)client.SessionExpiry.TotalSeconds;
        return new ConnAck
        {
            SessionPresent = resumes,
            SessionExpiry = expiry == (connect.SessionExpiry ?? 0) ? null : expiry, // told when it is not what was asked (§3.2.2.3.2)
            ReceiveMaximum = Options.MaximumInflight,
            MaximumQoS = QoS.AtLeastOnce, // [MQTT-3.2.2-9]
            RetainAvailable = true,
            MaximumPacketSize = (uint)Options.MaximumPacketBytes,
            AssignedClientId = isAssigned ? client.ClientId : null, // [MQTT-3.2.2-16]
            TopicAliasMaximum = Options.TopicAliasMaximum,
            WildcardSubscriptionAvailable = true,
            SubscriptionIdentifierAvailable = false,
            SharedSubscriptionAvailable = false,
            ServerKeepAlive = keepAlive == connect.KeepAlive ? null : keepAlive,
        };
    }

    internal TimeSpan GrantedExpiry(Connect connect) => connect.Version == ProtocolVersion.V500
        ? CapExpiry(connect.SessionExpiry ?? 0)
        : connect.CleanStart ? TimeSpan.Zero : Options.PersistentSessionExpiry; // 3.1.1: [MQTT-3.1.2-6]

    internal TimeSpan CapExpiry(uint seconds) =>
        TimeSpan.FromSeconds(Math.Min(seconds, Options.MaximumSessionExpiry.TotalSeconds));

    /// <summary>The connection has ended: stores or ends the session, sends or delays the will, tells the policy.</summary>
    internal void Left(MqttClient client)
    {
        client.End(null, DisconnectCause.ConnectionLost); // unless it was already ending for a better reason
        _clients.TryRemove(client.SessionId, out _);
        Counters.Connections.Add(-1);
        var now = Clock.GetUtcNow();
        Will? due = null;
        var seat = client.Seat;
        lock (seat.Gate)
        {
            if (ReferenceEquals(seat.Client, client)) due = Vacate(seat, client, now);
        }

        if (due is not null) PublishWill(client, due);
        Policy.OnDisconnected(client, client.Cause);
    }

    // Under the seat's gate. Returns a will to be published at once.
    Will? Vacate(Seat seat, MqttClient client, DateTimeOffset now)
    {
        seat.Client = null;
        seat.Session!.Detach();
        var ends = client.DropSession || client.SessionExpiry == TimeSpan.Zero || StoredSessionCount >= Options.MaximumStoredSessions;
        var will = client.Will;
        client.Will = null;
        if (ends)
        {
            EndSession(seat); // [MQTT-4.1.0-2]
            Remove(seat);
            return will;
        }

        seat.ExpiresAt = now + client.SessionExpiry; // [MQTT-3.1.2-23]
        Interlocked.Increment(ref _storedSessions);
        if (will is not { Delay: > 0 and var delay }) return will; // [MQTT-3.1.2-8]
        // Whichever comes first, the delay or the end of the session (§3.1.3.2.2).
        var wait = TimeSpan.FromSeconds(Math.Min(delay, client.SessionExpiry.TotalSeconds));
        seat.DelayedWill = (client, will, now + wait);
        return null;
    }
}
