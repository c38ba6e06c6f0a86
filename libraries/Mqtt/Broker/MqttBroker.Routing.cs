namespace FleetPlatform.Mqtt;

/// <summary>From a publisher to its subscribers. Each receiver has its own lock; there is none for all.</summary>
public sealed partial class MqttBroker
{
    [ThreadStatic] static List<Subscription>? _spareMatches;

    /// <summary>Delivers a message to every subscriber that may receive it.</summary>
    /// <param name="publisher">The client id of the publisher, for No Local; null for the server.</param>
    internal void Route(Publish publish, string? publisher, FlushBatch batch)
    {
        var matches = _spareMatches ?? new List<Subscription>(16);
        _spareMatches = null; // a policy that publishes in turn gets its own
        if (_subscriptions.Match(publish.Topic, matches) > 1) OncePerSession(matches);

        Counters.Received.Add(1);
        foreach (var subscription in matches)
        {
            // [MQTT-3.8.3-3]
            if (subscription.NoLocal && subscription.Seat.ClientId == publisher) continue;
            // Live subscribers see RETAIN 0 [MQTT-3.3.1-12] (3.1.1: [MQTT-3.3.1-9]), unless they asked for it as published [MQTT-3.3.1-13].
            Deliver(publish, subscription, subscription.RetainAsPublished && publish.Retain, batch);
        }

        matches.Clear();
        _spareMatches = matches;
    }

    // One message per session, with the highest QoS of its overlapping subscriptions [MQTT-3.3.4-2] (3.1.1: [MQTT-3.3.5-1]).
    static void OncePerSession(List<Subscription> matches)
    {
        var best = new Dictionary<Seat, int>(matches.Count);
        var kept = 0;
        for (var i = 0; i < matches.Count; i++)
        {
            var match = matches[i];
            if (!best.TryGetValue(match.Seat, out var at))
            {
                best[match.Seat] = kept;
                matches[kept++] = match;
            }
            else if (match.QoS > matches[at].QoS) matches[at] = match;
        }

        matches.RemoveRange(kept, matches.Count - kept);
    }

    void Deliver(Publish publish, Subscription subscription, bool retain, FlushBatch batch)
    {
        var seat = subscription.Seat;
        var qos = publish.QoS < subscription.QoS ? publish.QoS : subscription.QoS; // [MQTT-3.8.4-8]
        var now = publish.ExpiresAt is null ? default : Clock.GetUtcNow();
        while (true)
        {
            var client = seat.Client;
            // Someone who is away cannot be asked about; Resume asks when it is back.
            if (client is not null && !Policy.AuthorizeReceive(client, publish)) return;

            SessionAnswer answer;
            lock (seat.Gate)
            {
                if (!ReferenceEquals(seat.Session, subscription.Session)) return;
                if (!ReferenceEquals(seat.Client, client)) continue; // what the former holder of the seat may receive says nothing of this one
                answer = subscription.Session.Deliver(publish, qos, retain, now);
                if (client?.TakeDrainDuty() == true) batch.Add(client.Outbox);
            }

            Count(answer, client);
            return;
        }
    }

    void Count(SessionAnswer answer, MqttClient? client)
    {
        if (answer is SessionAnswer.Sent or SessionAnswer.Queued) Counters.Delivered.Add(1);
        else Counters.Dropped.Add(1);
        if (answer == SessionAnswer.Overflow) client?.Fail(ReasonCode.QuotaExceeded, DisconnectCause.Throttled, MqttFaultKind.LimitExceeded,
            $"It does not read or acknowledge: {Options.MaximumQueuedMessages} messages (MaximumQueuedMessages) or {Options.MaximumQueuedBytes} bytes (MaximumQueuedBytes) wait for it.");
    }

    /// <summary>Checks a message's properties and starts its expiry.</summary>
    /// <exception cref="MalformedPacketException">A property exceeds its limit.</exception>
    internal Publish Check(Publish publish, MessageProperties properties)
    {
        if (ConnectRules.PropertiesProblem(properties, Options) is { } problem) throw new MalformedPacketException(ReasonCode.QuotaExceeded, problem);
        if (properties.MessageExpiry is not { } asked) return publish;
        var seconds = Math.Clamp(asked, 1, (uint)Options.MaximumMessageExpiry.TotalSeconds);
        return publish with
        {
            ExpiresAt = Clock.GetUtcNow().AddSeconds(seconds),
            Properties = seconds == asked ? properties : properties with { MessageExpiry = seconds },
        };
    }

    /// <summary>Keeps a retained message.</summary>
    /// <returns>False when there is no room for it.</returns>
    internal bool Keep(Publish publish) => _retained.Keep(publish);

    /// <summary>Hands a message to the policy. What fails there is our failure, not the device's.</summary>
    internal void GiveReserved(MqttClient client, Publish publish)
    {
        var taken = Policy.OnReserved(client, publish);
        if (!taken.IsCompletedSuccessfully) _ = Observe(taken, client);

        async Task Observe(ValueTask pending, MqttClient of)
        {
            try
            {
                await pending;
            }
            catch (Exception failure)
            {
                Logs.ReservedFailed(Log, of.ClientId, failure);
                of.End(ReasonCode.UnspecifiedError, DisconnectCause.ServerError);
            }
        }
    }

    /// <summary>Makes or replaces a subscription [MQTT-3.8.4-3].</summary>
    /// <returns>Null when the session has as many as it may.</returns>
    internal Subscription? Subscribe(MqttClient client, TopicSubscription asked, QoS granted, out bool isNew)
    {
        var seat = client.Seat;
        lock (seat.Gate)
        {
            isNew = false;
            if (!ReferenceEquals(seat.Client, client)) return null;
            var subscriptions = seat.Subscriptions ??= new Dictionary<string, Subscription>(StringComparer.Ordinal);
            var subscription = new Subscription(seat, seat.Session!, asked.Filter, granted, asked.NoLocal, asked.RetainAsPublished);
            if (subscriptions.TryGetValue(asked.Filter, out var old)) _subscriptions.Replace(asked.Filter, old, subscription);
            else
            {
                if (subscriptions.Count >= Options.MaximumSubscriptions) return null;
                isNew = true;
                _subscriptions.Add(asked.Filter, subscription);
            }

            subscriptions[asked.Filter] = subscription;
            return subscription;
        }
    }

    /// <summary>Ends a subscription. What is in flight is still completed [MQTT-3.10.4-3].</summary>
    /// <returns>False when there was none.</returns>
    internal bool Unsubscribe(MqttClient client, string filter)
    {
        var seat = client.Seat;
        lock (seat.Gate)
        {
            if (!ReferenceEquals(seat.Client, client) || seat.Subscriptions?.Remove(filter, out var subscription) != true) return false;
            _subscriptions.Remove(filter, subscription!);
            return true;
        }
    }

    /// <summary>Sends the retained messages that a new subscription matches, as its Retain Handling says.</summary>
    internal void DeliverRetained(MqttClient client, Subscription subscription, TopicSubscription asked, bool isNew, FlushBatch batch)
    {
        // [MQTT-3.3.1-9], [MQTT-3.3.1-10], [MQTT-3.3.1-11]; 3.1.1: [MQTT-3.3.1-6].
        var wanted = asked.RetainHandling switch
        {
            RetainHandling.Send => true,
            RetainHandling.SendIfNew => isNew,
            _ => false,
        };
        if (!wanted || (!Options.RetainedForWildcards && TopicFilter.HasWildcards(asked.Filter))) return;

        var messages = new List<Publish>();
        _retained.Match(asked.Filter, Options.HashMatchesParent, Clock.GetUtcNow(), messages);
        foreach (var message in messages)
        {
            if (!client.IsConnected) return;
            Deliver(message, subscription, retain: true, batch); // §3.3.1.3; 3.1.1: [MQTT-3.3.1-8]
        }
    }
}
