namespace FleetPlatform.Mqtt;

/// <summary>What became of a message offered to a session.</summary>
enum SessionAnswer
{
    Sent,
    Queued,

    /// <summary>QoS 0 that could not go out at once, an expired message, or one too large for the client.</summary>
    Dropped,

    /// <summary>A QoS 1 message that neither fits the window nor the queue. A connected client must be let go.</summary>
    Overflow,
}

/// <summary>How much a session may hold.</summary>
/// <param name="Window">Messages in flight.</param>
/// <param name="QueuedMessages">Messages that wait.</param>
/// <param name="QueuedBytes">Bytes in flight, and as many again that wait; of both together while the client is away.</param>
readonly record struct SessionLimits(int Window, int QueuedMessages, int QueuedBytes);

/// <summary>
/// The delivery side of a session (MQTT 5.0 §4.1): what is in flight to the client, what waits, and what is sent again after a reconnect.
/// A state machine without I/O, clock or lock: its owner serialises the calls and passes the time.
/// </summary>
sealed class Session(SessionLimits limits)
{
    Inflight _inflight;
    Queue<Waiting>? _waiting;
    int _waitingBytes;
    int _window = limits.Window;
    int _sentHere; // of those in flight, the first so many were sent on this connection
    IDeliverySink? _sink;

    readonly record struct Waiting(Publish Message, bool Retain, int Weight);

    public int InflightCount => _inflight.Count;
    public int WaitingCount => _waiting?.Count ?? 0;
    public bool IsAttached => _sink is not null;

    /// <summary>Takes a connection. Nothing is sent before <see cref="Resume"/>.</summary>
    /// <param name="receiveMaximum">Of the client; the window is the smaller of it and our own limit [MQTT-3.3.4-9].</param>
    public void Attach(IDeliverySink sink, ushort receiveMaximum)
    {
        _sink = sink;
        _window = Math.Min(limits.Window, receiveMaximum);
    }

    /// <summary>The connection is gone. What was in flight stays so.</summary>
    public void Detach() => _sink = null;

    /// <summary>Sends again what was never acknowledged, with its identifiers and in order [MQTT-4.4.0-1], then what waited.</summary>
    /// <param name="mayReceive">False drops a message: the client's rights may have changed while it was away.</param>
    public void Resume(Func<Publish, bool> mayReceive, DateTimeOffset now)
    {
        for (var i = _inflight.Count - 1; i >= 0; i--)
        {
            if (!mayReceive(_inflight[i].Message)) _inflight.RemoveAt(i);
        }

        for (var left = WaitingCount; left > 0; left--)
        {
            var waiting = Dequeue();
            if (mayReceive(waiting.Message)) Enqueue(waiting);
        }

        _sentHere = 0;
        Pump(now);
    }

    /// <summary>Offers a message to the client.</summary>
    /// <param name="qos">Of the delivery, 0 or 1.</param>
    public SessionAnswer Deliver(Publish message, QoS qos, bool retain, DateTimeOffset now)
    {
        if (qos == QoS.AtMostOnce) return DeliverOnce(message, retain, now);

        var arrived = new Waiting(message, retain, message.Weight);
        if (_sink is not null && WaitingCount == 0 && FitsWindow(arrived))
        {
            var answer = Send(arrived, now);
            if (answer != SinkAnswer.Full) return answer == SinkAnswer.Written ? SessionAnswer.Sent : SessionAnswer.Dropped;
        }

        if (!FitsQueue(arrived)) return SessionAnswer.Overflow;
        Enqueue(arrived);
        return SessionAnswer.Queued;
    }

    // Alone, even one larger than the limit may go: else a limit below the largest packet would let it pass never.
    bool FitsWindow(Waiting next) => _inflight.Count < _window && (_inflight.Count == 0 || _inflight.Bytes + next.Weight <= limits.QueuedBytes);

    // What is in flight to a client that is away is kept for it like what waits. Once it is back, what it is being sent makes room in the queue: else one that comes
    // back to a full session would be let go again with the next message, before it could acknowledge any.
    bool FitsQueue(Waiting next) =>
        WaitingCount < limits.QueuedMessages && (_sink is null ? _inflight.Bytes : 0) + _waitingBytes + next.Weight <= limits.QueuedBytes;

    /// <summary>The client has a message [MQTT-4.3.2-3]: its identifier is free, and the next that waits may go.</summary>
    /// <returns>False when the identifier was not in flight.</returns>
    public bool Acknowledge(ushort packetId, DateTimeOffset now)
    {
        var at = _inflight.Remove(packetId);
        if (at < 0) return false;
        if (at < _sentHere) _sentHere--;
        Pump(now);
        return true;
    }

    /// <summary>Sends what is to be sent again and then what waits, as far as window and connection allow.</summary>
    public void Pump(DateTimeOffset now)
    {
        // The window may be narrower than on the connection before [MQTT-3.3.4-9].
        while (_sink is not null && _sentHere < _inflight.Count && _sentHere < _window)
        {
            var entry = _inflight[_sentHere];
            var answer = SinkAnswer.TooLarge;
            // DUP is set on what is sent again [MQTT-3.3.1-1].
            if (TryExpiry(entry.Message, now, out var expiry))
                answer = _sink.Write(new Delivery(entry.Message, QoS.AtLeastOnce, entry.PacketId, true, entry.Retain, expiry));
            if (answer == SinkAnswer.Full) return;
            if (answer == SinkAnswer.Written) _sentHere++;
            else _inflight.RemoveAt(_sentHere);
        }

        while (_sink is not null && WaitingCount > 0 && FitsWindow(_waiting!.Peek()))
        {
            if (Send(_waiting.Peek(), now) == SinkAnswer.Full) return;
            Dequeue();
        }

        if (_waiting is { Count: 0 }) _waiting = null;
    }

    // QoS 0 is never queued: a client that is away or slow misses it, as §4.3.1 allows.
    SessionAnswer DeliverOnce(Publish message, bool retain, DateTimeOffset now) =>
        _sink is not null && TryExpiry(message, now, out var expiry)
        && _sink.Write(new Delivery(message, QoS.AtMostOnce, 0, false, retain, expiry)) == SinkAnswer.Written
            ? SessionAnswer.Sent
            : SessionAnswer.Dropped;

    SinkAnswer Send(Waiting waiting, DateTimeOffset now)
    {
        if (!TryExpiry(waiting.Message, now, out var expiry)) return SinkAnswer.TooLarge;
        var packetId = _inflight.Add(waiting.Message, waiting.Retain, waiting.Weight);
        // DUP is 0 on a first sending, whatever the publisher's was [MQTT-3.3.1-3].
        var answer = _sink!.Write(new Delivery(waiting.Message, QoS.AtLeastOnce, packetId, false, waiting.Retain, expiry));
        if (answer == SinkAnswer.Written) _sentHere++;
        else _inflight.Remove(packetId);
        return answer;
    }

    // An expired message is not started [MQTT-3.3.2-5]; what is left of its time goes with it [MQTT-3.3.2-6].
    static bool TryExpiry(Publish message, DateTimeOffset now, out uint? seconds)
    {
        seconds = null;
        if (message.ExpiresAt is not { } expiresAt) return true;
        if (expiresAt <= now) return false;
        seconds = (uint)Math.Ceiling((expiresAt - now).TotalSeconds);
        return true;
    }

    void Enqueue(Waiting waiting)
    {
        (_waiting ??= new Queue<Waiting>(4)).Enqueue(waiting);
        _waitingBytes += waiting.Weight;
    }

    Waiting Dequeue()
    {
        var waiting = _waiting!.Dequeue();
        _waitingBytes -= waiting.Weight;
        return waiting;
    }
}
