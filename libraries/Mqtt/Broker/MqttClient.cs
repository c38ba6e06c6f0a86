namespace FleetPlatform.Mqtt;

/// <summary>One connected client, from CONNACK to the end of its connection. Safe to use from any thread.</summary>
public sealed partial class MqttClient : IDeliverySink
{
    readonly MqttBroker _broker;
    readonly uint _maximumPacketBytes;
    readonly bool _problemInformation;
    bool _mustDrain;
    int _ending;

    internal MqttClient(MqttBroker broker, ConnectAttempt attempt, ConnectVerdict verdict, Outbox outbox)
    {
        var connect = attempt.Connect;
        _broker = broker;
        ClientId = verdict.ClientId ?? attempt.ClientId;
        SessionId = attempt.SessionId;
        Version = connect.Version;
        Principal = verdict.Principal;
        State = verdict.State;
        Outbox = outbox;
        Will = connect.Will;
        CleanStart = connect.CleanStart;
        SessionExpiry = broker.GrantedExpiry(connect);
        KeepAlive = Mqtt.KeepAlive.Grant(connect.KeepAlive, broker.Options.MinimumKeepAlive, broker.Options.MaximumKeepAlive);
        ReceiveMaximum = connect.ReceiveMaximum ?? ushort.MaxValue;
        LastHeard = broker.Clock.GetTimestamp();
        _maximumPacketBytes = connect.MaximumPacketSize ?? uint.MaxValue;
        _problemInformation = connect.RequestProblemInformation ?? true;
    }

    public string ClientId { get; }

    /// <summary>Of this connection; a reconnect has another.</summary>
    public string SessionId { get; }

    public ProtocolVersion Version { get; }

    /// <summary><see cref="ConnectVerdict.Principal"/>.</summary>
    public string Principal { get; }

    /// <summary>What <see cref="ConnectVerdict.Accept"/> was given. May be replaced, e.g. when the principal's policies change.</summary>
    public object? State { get; set; }

    /// <summary>True from CONNACK until the connection ends or is being ended.</summary>
    public bool IsConnected => Volatile.Read(ref _ending) == 0;

    internal Seat Seat { get; set; } = null!;
    internal Outbox Outbox { get; }
    internal bool CleanStart { get; }
    internal TimeSpan KeepAlive { get; }
    internal ushort ReceiveMaximum { get; }

    /// <summary>How long the session outlives this connection. DISCONNECT may change it.</summary>
    internal TimeSpan SessionExpiry { get; set; }

    /// <summary>Null once it must not be published any more.</summary>
    internal Will? Will { get; set; }

    internal bool DropSession { get; private set; }
    internal DisconnectCause Cause { get; private set; } = DisconnectCause.ConnectionLost;

    /// <summary>Timestamp of the last control packet, or of the decision to end.</summary>
    internal long LastHeard;

    /// <summary>Sends a message to this connection only, outside the broker: no subscription is needed, nobody else sees it.</summary>
    /// <param name="topic">At most 65,535 bytes; not checked against the limits.</param>
    /// <param name="payload">Not copied; must not change afterwards.</param>
    /// <param name="qos">0 or 1.</param>
    /// <returns>False when the client is gone, does not take packets so large, or its queue is full.</returns>
    public bool Deliver(string topic, ReadOnlyMemory<byte> payload, QoS qos)
    {
        if (!IsConnected) return false;
        bool mustDrain;
        SessionAnswer answer;
        lock (Seat.Gate)
        {
            if (!ReferenceEquals(Seat.Client, this)) return false;
            answer = Seat.Session!.Deliver(new Publish { Topic = topic, Payload = payload }, qos, retain: false, _broker.Clock.GetUtcNow());
            mustDrain = TakeDrainDuty();
        }

        if (mustDrain) Outbox.Schedule();
        return answer is SessionAnswer.Sent or SessionAnswer.Queued;
    }

    /// <summary>Ends the connection: DISCONNECT with the reason in 5.0, a plain close in 3.1.1.</summary>
    /// <param name="reason">A failure, e.g. <see cref="ReasonCode.AdministrativeAction"/>.</param>
    /// <param name="suppressWill">True: the will is never published, not even later.</param>
    /// <param name="dropSession">True: subscriptions and queued messages go too.</param>
    public void Close(ReasonCode reason, bool suppressWill = false, bool dropSession = false)
    {
        if (suppressWill) Will = null;
        if (dropSession) DropSession = true;
        End(reason, DisconnectCause.ServerInitiated);
    }

    /// <summary>The QoS at which this client is subscribed to a topic, by whatever filter; the highest when several match.</summary>
    /// <returns>Null when it is not.</returns>
    public QoS? SubscribedQoS(string topic)
    {
        lock (Seat.Gate)
        {
            if (Seat.Subscriptions is not { } subscriptions) return null;
            QoS? highest = null;
            foreach (var subscription in subscriptions.Values)
            {
                if ((highest is null || subscription.QoS > highest)
                    && TopicFilter.Matches(subscription.Filter, topic, _broker.Options.HashMatchesParent))
                    highest = subscription.QoS;
            }

            return highest;
        }
    }

    /// <summary>Begins the end, once: says why, where the version has a word for it, and stops reading. The read loop does the rest.</summary>
    /// <param name="reason">Null says nothing: the client asked, or is gone.</param>
    /// <returns>False when it was ending already.</returns>
    internal bool End(ReasonCode? reason, DisconnectCause cause, string? detail = null)
    {
        if (Interlocked.Exchange(ref _ending, 1) != 0) return false;
        Cause = cause;
        LastHeard = _broker.Clock.GetTimestamp();
        // 3.1.1 has no DISCONNECT from a server. In 5.0 it may say why before it closes (§4.13).
        var last = reason is { } why && Version == ProtocolVersion.V500
            ? new Disconnect { Reason = why, ReasonString = _problemInformation ? detail : null }
            : null;
        Outbox.Seal(last, Version);
        Outbox.StopReading();
        return true;
    }

    /// <summary>Ends the connection for a fault of the client's, and says so.</summary>
    internal void Fail(ReasonCode reason, DisconnectCause cause, MqttFaultKind kind, string detail, string? topic = null)
    {
        if (End(reason, cause, detail)) Tell(kind, MqttFaultOutcome.Closed, detail, topic);
    }

    void Tell(MqttFaultKind kind, MqttFaultOutcome outcome, string detail, string? topic) => _broker.Policy.OnFault(new MqttFault
    {
        Kind = kind, Outcome = outcome, Detail = detail, Topic = topic, Client = this, SessionId = SessionId, ClientId = ClientId,
    });

    /// <summary>The session's way to this connection. Under the seat's gate.</summary>
    SinkAnswer IDeliverySink.Write(in Delivery delivery)
    {
        if (Outbox.IsFull(_broker.Options.MaximumOutboundBytes, PumpLater)) return SinkAnswer.Full;
        if (!Outbox.TryAdd(delivery, Version, _maximumPacketBytes, out var mustDrain)) return SinkAnswer.TooLarge;
        _mustDrain |= mustDrain;
        return SinkAnswer.Written;
    }

    /// <summary>True when what the session has just written needs a drain that nobody else will start. Under the seat's gate.</summary>
    internal bool TakeDrainDuty()
    {
        var duty = _mustDrain;
        _mustDrain = false;
        return duty;
    }

    void PumpLater()
    {
        bool mustDrain;
        lock (Seat.Gate)
        {
            if (!ReferenceEquals(Seat.Client, this)) return;
            Seat.Session!.Pump(_broker.Clock.GetUtcNow());
            mustDrain = TakeDrainDuty();
        }

        if (mustDrain) Outbox.Schedule();
    }
}
