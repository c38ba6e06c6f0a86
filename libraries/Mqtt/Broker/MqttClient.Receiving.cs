namespace FleetPlatform.Mqtt;

/// <summary>What a client may send, and what it gets for it. Called by its read loop only.</summary>
public sealed partial class MqttClient
{
    // Aliases the client has set up, 1-based; null until it uses one.
    string?[]? _aliases;

    /// <summary>Takes one packet.</summary>
    /// <exception cref="MalformedPacketException">The packet breaks the protocol or a limit; the connection must end with its reason.</exception>
    internal void Receive(byte header, ReadOnlySpan<byte> body, FlushBatch batch)
    {
        switch ((PacketType)(header >> 4))
        {
            case PacketType.Publish:
                OnPublish(Mqtt.Publish.Read(new PacketReader(body), header, Version, TopicCache.Shared), batch);
                break;
            case PacketType.PingReq:
                MqttCodec.Read(header, body, Version);
                Send(PingResp.Instance, batch); // [MQTT-3.12.4-1]
                break;
            default:
                On(MqttCodec.Read(header, body, Version), batch);
                break;
        }
    }

    void On(MqttPacket packet, FlushBatch batch)
    {
        switch (packet)
        {
            case PubAck ack: OnPubAck(ack, batch); break;
            case Subscribe subscribe: OnSubscribe(subscribe, batch); break;
            case Unsubscribe unsubscribe: OnUnsubscribe(unsubscribe, batch); break;
            case Disconnect disconnect: OnDisconnect(disconnect); break;
            case Connect: throw new MalformedPacketException(ReasonCode.ProtocolError, "A second CONNECT."); // [MQTT-3.1.0-2]
            default: throw new MalformedPacketException(ReasonCode.ProtocolError, $"{packet.GetType().Name} is not expected here.");
        }
    }

    void OnPublish(Publish publish, FlushBatch batch)
    {
        var options = _broker.Options;
        if (publish.QoS == QoS.ExactlyOnce) throw new MalformedPacketException(ReasonCode.QoSNotSupported, "QoS 2 is not supported."); // [MQTT-3.2.2-11]
        if (publish.SubscriptionIdentifiers.Count > 0)
            throw new MalformedPacketException(ReasonCode.ProtocolError, "A client sent a Subscription Identifier in PUBLISH."); // [MQTT-3.3.4-6]
        if (publish.Payload.Length > options.MaximumPayloadBytes) throw new MalformedPacketException(ReasonCode.QuotaExceeded, ConnectRules.PayloadTooLarge(options));
        if (publish.TopicAlias is { } alias) publish = Resolve(publish, alias);
        if (!TopicName.Fits(publish.Topic, options.MaximumTopicBytes, options.MaximumTopicSlashes) && !publish.Topic.StartsWith("$aws/rules/", StringComparison.Ordinal))
        {
            Refuse(publish, ReasonCode.TopicNameInvalid, batch, ConnectRules.TopicTooLong(options));
            return;
        }

        if (publish.Properties is { } properties) publish = _broker.Check(publish, properties);
        if (publish.Duplicate) publish = publish with { Duplicate = false }; // never passed on [MQTT-3.3.1-3]
        var verdict = _broker.Policy.AuthorizePublish(this, publish);
        if (verdict.Kind == PublishVerdict.Course.Route && publish.Retain && !_broker.Keep(publish))
        {
            Refuse(publish, ReasonCode.QuotaExceeded, batch, $"There are {options.MaximumRetainedMessages} retained messages (MaximumRetainedMessages), or they have {options.MaximumRetainedBytes} bytes (MaximumRetainedBytes).");
            return;
        }

        if (verdict.Kind == PublishVerdict.Course.Refuse)
        {
            Refuse(publish, verdict.Reason, batch);
            return;
        }

        // The acknowledgement goes first: the answer to a reserved topic comes after it [MQTT-4.3.2-4].
        if (publish.QoS == QoS.AtLeastOnce) Send(new PubAck { PacketId = publish.PacketId }, batch);
        if (verdict.Kind == PublishVerdict.Course.Route) _broker.Route(publish, ClientId, batch);
        else if (verdict.Kind == PublishVerdict.Course.Reserved) _broker.GiveReserved(this, publish);
    }

    /// <param name="publish">What is refused.</param>
    /// <param name="reason">What the client is told.</param>
    /// <param name="batch">For the answer.</param>
    /// <param name="limit">Which limit it exceeds; null when the policy refused it, and knows.</param>
    void Refuse(Publish publish, ReasonCode reason, FlushBatch batch, string? limit = null)
    {
        if (Version == ProtocolVersion.V500 && publish.QoS == QoS.AtLeastOnce)
        {
            if (limit is not null) Tell(MqttFaultKind.LimitExceeded, MqttFaultOutcome.PublishRefused, limit, publish.Topic);
            Send(new PubAck { PacketId = publish.PacketId, Reason = reason }, batch);
        }
        else if (limit is not null) Fail(reason, DisconnectCause.ClientError, MqttFaultKind.LimitExceeded, limit, publish.Topic);
        else End(reason, reason == ReasonCode.NotAuthorized ? DisconnectCause.Forbidden : DisconnectCause.ClientError);
    }

    Publish Resolve(Publish publish, ushort alias)
    {
        var maximum = _broker.Options.TopicAliasMaximum;
        // Neither zero nor above what CONNACK allowed [MQTT-3.3.2-8], [MQTT-3.3.2-9].
        if (alias > maximum) throw new MalformedPacketException(ReasonCode.TopicAliasInvalid, $"Topic Alias {alias}; {maximum} allowed.");
        _aliases ??= new string?[maximum];
        if (publish.Topic.Length > 0) _aliases[alias - 1] = publish.Topic;
        return publish with
        {
            Topic = _aliases[alias - 1] ?? throw new MalformedPacketException(ReasonCode.ProtocolError, $"Topic Alias {alias} was never set."),
            TopicAlias = null, // an alias is between this client and us only
        };
    }

    void OnPubAck(PubAck ack, FlushBatch batch)
    {
        lock (Seat.Gate)
        {
            // An identifier that is not in flight is ignored: after a lost session the client cannot know better.
            if (!ReferenceEquals(Seat.Client, this)) return;
            Seat.Session!.Acknowledge(ack.PacketId, _broker.Clock.GetUtcNow());
            if (TakeDrainDuty()) batch.Add(Outbox);
        }
    }

    void OnSubscribe(Subscribe subscribe, FlushBatch batch)
    {
        if (subscribe.SubscriptionIdentifier is not null) // §3.2.2.3.12
            throw new MalformedPacketException(ReasonCode.SubscriptionIdentifiersNotSupported, "Subscription Identifiers are not available.");
        var answers = new ReasonCode[subscribe.Filters.Count];
        var granted = new List<(Subscription Subscription, TopicSubscription Asked, bool IsNew)>(answers.Length);
        var close = false;
        var isTooLong = answers.Length > _broker.Options.MaximumFiltersPerSubscribe;
        if (isTooLong)
            Refuse(subscribe.Filters[0], ReasonCode.QuotaExceeded, MqttFaultKind.LimitExceeded, $"A SUBSCRIBE with {answers.Length} filters; at most {_broker.Options.MaximumFiltersPerSubscribe} (MaximumFiltersPerSubscribe).");
        for (var i = 0; i < answers.Length; i++)
        {
            var asked = subscribe.Filters[i];
            var answer = isTooLong ? ReasonCode.QuotaExceeded : Grant(asked, ref close);
            if (!answer.IsFailure())
            {
                var subscription = _broker.Subscribe(this, asked, (QoS)answer, out var isNew);
                if (subscription is not null) granted.Add((subscription, asked, isNew));
                else answer = Refuse(asked, ReasonCode.QuotaExceeded, MqttFaultKind.LimitExceeded, $"The session has {_broker.Options.MaximumSubscriptions} subscriptions (MaximumSubscriptions).");
            }

            answers[i] = answer;
        }

        Send(new SubAck { PacketId = subscribe.PacketId, Reasons = answers }, batch); // [MQTT-3.8.4-1], [MQTT-3.8.4-2], [MQTT-3.8.4-5]
        if (close) End(ReasonCode.NotAuthorized, DisconnectCause.Forbidden);
        else
        {
            foreach (var (subscription, asked, isNew) in granted) _broker.DeliverRetained(this, subscription, asked, isNew, batch);
        }
    }

    ReasonCode Grant(TopicSubscription asked, ref bool close)
    {
        var options = _broker.Options;
        if (asked.Filter.StartsWith(TopicFilter.SharePrefix, StringComparison.Ordinal))
        {
            // A protocol error whether or not they are available [MQTT-3.8.3-4].
            return asked.NoLocal
                ? throw new MalformedPacketException(ReasonCode.ProtocolError, "No Local on a shared subscription.")
                : Refuse(asked, ReasonCode.SharedSubscriptionsNotSupported, MqttFaultKind.NotSupported, "Shared subscriptions are not available.");
        }

        if (!TopicFilter.IsValid(asked.Filter, ushort.MaxValue, ushort.MaxValue))
            return Refuse(asked, ReasonCode.TopicFilterInvalid, MqttFaultKind.InvalidRequest, "The topic filter is not valid.");
        if (!TopicName.Fits(asked.Filter, options.MaximumTopicBytes, options.MaximumTopicSlashes))
            return Refuse(asked, ReasonCode.TopicFilterInvalid, MqttFaultKind.LimitExceeded, ConnectRules.TopicTooLong(options));
        var requested = asked.QoS > QoS.AtLeastOnce ? QoS.AtLeastOnce : asked.QoS; // QoS 2 is granted 1, as §3.8.4 allows
        var answer = _broker.Policy.AuthorizeSubscribe(this, asked.Filter, requested, out var closeThis);
        close |= closeThis && answer.IsFailure();
        return answer <= ReasonCode.GrantedQoS1 ? (ReasonCode)Math.Min((byte)answer, (byte)requested) : answer;
    }

    ReasonCode Refuse(TopicSubscription asked, ReasonCode answer, MqttFaultKind kind, string detail)
    {
        Tell(kind, MqttFaultOutcome.SubscribeRefused, detail, asked.Filter);
        return answer;
    }

    void OnUnsubscribe(Unsubscribe unsubscribe, FlushBatch batch)
    {
        var answers = new ReasonCode[unsubscribe.Filters.Count];
        for (var i = 0; i < answers.Length; i++)
        {
            answers[i] = !TopicFilter.IsValid(unsubscribe.Filters[i], ushort.MaxValue, ushort.MaxValue) ? ReasonCode.TopicFilterInvalid
                : _broker.Unsubscribe(this, unsubscribe.Filters[i]) ? ReasonCode.Success // compared character by character [MQTT-3.10.4-1]
                : ReasonCode.NoSubscriptionExisted;
        }

        Send(new UnsubAck { PacketId = unsubscribe.PacketId, Reasons = answers }, batch); // [MQTT-3.10.4-4], [MQTT-3.10.4-5]
    }

    void OnDisconnect(Disconnect disconnect)
    {
        if (disconnect.SessionExpiry is { } seconds)
        {
            // What was 0 at CONNECT cannot be raised now (§3.14.2.2.2).
            if (SessionExpiry == TimeSpan.Zero && seconds > 0)
                throw new MalformedPacketException(ReasonCode.ProtocolError, "DISCONNECT raises a Session Expiry of 0.");
            SessionExpiry = _broker.CapExpiry(seconds);
        }

        // Only a normal disconnection discards the will [MQTT-3.14.4-3], [MQTT-3.1.2-10]; any other reason publishes it.
        if (disconnect.Reason == ReasonCode.Success) Will = null;
        End(null, DisconnectCause.ClientInitiated);
    }

    void Send(MqttPacket packet, FlushBatch batch)
    {
        // No packet of any kind exceeds what the client takes [MQTT-3.1.2-24]: long lists of answers might.
        if (_maximumPacketBytes < uint.MaxValue && MqttCodec.Measure(packet, Version, out _) > _maximumPacketBytes)
            throw new MalformedPacketException(ReasonCode.PacketTooLarge, "The answer exceeds the client's Maximum Packet Size.");
        if (Outbox.Add(packet, Version)) batch.Add(Outbox);
    }
}
