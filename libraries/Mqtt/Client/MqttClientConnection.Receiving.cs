namespace FleetPlatform.Mqtt;

/// <summary>The read loop of a client's connection.</summary>
public sealed partial class MqttClientConnection
{
    bool _reading;
    Disconnect? _said;

    async Task Introduce(CancellationToken cancellation)
    {
        await Send(new Connect
        {
            Version = _options.Version,
            ClientId = _options.ClientId,
            CleanStart = _options.CleanStart,
            KeepAlive = (ushort)_options.KeepAlive.TotalSeconds,
            Will = _options.Will,
            UserName = _options.UserName,
            Password = _options.Password,
            SessionExpiry = _options.SessionExpiry,
            ReceiveMaximum = _options.ReceiveMaximum,
            MaximumPacketSize = _options.MaximumPacketSize,
        }).WaitAsync(cancellation);
        if (await ReadOne(cancellation) is not ConnAck ack) throw new IOException("The server closed the connection before CONNACK.");
        if (ack.Reason != ReasonCode.Success) throw new MqttConnectException(ack);

        ConnAck = ack;
        // The server's word on the keep-alive replaces ours [MQTT-3.1.2-21].
        var keepAlive = ack.ServerKeepAlive is { } seconds ? TimeSpan.FromSeconds(seconds) : _options.KeepAlive;
        _reading = true;
        _ = ReadPackets();
        if (keepAlive > TimeSpan.Zero) _pings = new Timer(_ => Ping(), null, keepAlive * 0.4, keepAlive * 0.4);
        if (_closed.Task.IsCompleted) _pings?.Dispose(); // it has ended already
    }

    // All packets that came together are answered together: one write for their acknowledgements.
    async ValueTask ReadBatch()
    {
        while (true)
        {
            var result = await _input.ReadAsync();
            var buffer = result.Buffer;
            var mustDrain = false;
            while (MqttCodec.TryRead(ref buffer, _options.Version, _options.MaximumPacketBytes, out var packet))
            {
                _heard = true;
                if (packet is Publish publish)
                {
                    if (!_incoming.Writer.TryWrite(publish))
                    {
                        if (mustDrain) await _outbox.Drain();
                        mustDrain = false;
                        await _incoming.Writer.WriteAsync(publish);
                    }

                    // [MQTT-4.3.2-4]
                    if (publish.QoS == QoS.AtLeastOnce) mustDrain |= _outbox.Add(new PubAck { PacketId = publish.PacketId }, _options.Version);
                }
                else Take(packet!);
            }

            _input.AdvanceTo(buffer.Start, buffer.End);
            if (mustDrain) await _outbox.Drain();
            if (result.IsCompleted || result.IsCanceled) return;
        }
    }

    async ValueTask<MqttPacket?> ReadOne(CancellationToken cancellation)
    {
        while (true)
        {
            var result = await _input.ReadAsync(cancellation);
            var buffer = result.Buffer;
            var start = buffer.Start;
            if (MqttCodec.TryRead(ref buffer, _options.Version, _options.MaximumPacketBytes, out var packet))
            {
                _input.AdvanceTo(buffer.Start);
                return packet;
            }

            _input.AdvanceTo(start, buffer.End);
            if (result.IsCompleted || result.IsCanceled) return null;
        }
    }

    async Task ReadPackets()
    {
        try
        {
            await ReadBatch();
        }
        catch (MalformedPacketException malformed)
        {
            _said ??= new Disconnect { Reason = malformed.Reason, ReasonString = malformed.Message };
        }
        catch (Exception loss) when (ConnectionLoss.Is(loss))
        {
            // Closed is the news; there is no more to say.
        }
        finally
        {
            End(_said);
        }
    }

    void Take(MqttPacket packet)
    {
        switch (packet)
        {
            case PubAck ack: Answer(ack.PacketId, ack); break;
            case SubAck ack: Answer(ack.PacketId, ack); break;
            case UnsubAck ack: Answer(ack.PacketId, ack); break;
            case PingResp: break;
            case Disconnect disconnect: _said = disconnect; break;
            default: throw new MalformedPacketException(ReasonCode.ProtocolError, $"{packet.GetType().Name} is not expected from a server.");
        }
    }

    void Answer(ushort packetId, MqttPacket packet)
    {
        if (_waiting.TryGetValue(packetId, out var asked)) asked.TrySetResult(packet);
    }

    // Every 0.4 of the keep-alive: what was sent since the last tick will do; a ping without an answer by the next tick ends it.
    void Ping()
    {
        if (!_heard)
        {
            _stream.Dispose();
            return;
        }

        if (_sent)
        {
            _sent = false;
            return;
        }

        _heard = false;
        if (_outbox.Add(PingReq.Instance, _options.Version)) _outbox.Schedule();
    }

    void End(Disconnect? said)
    {
        _closed.TrySetResult(said);
        _incoming.Writer.TryComplete();
        foreach (var (_, asked) in _waiting) asked.TrySetException(Gone());
        _pings?.Dispose();
        _outbox.Discard();
        _stream.Dispose();
        _input.Complete();
    }
}
