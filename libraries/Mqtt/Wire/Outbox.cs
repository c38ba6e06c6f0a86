using System.Buffers;

namespace FleetPlatform.Mqtt;

/// <summary>Where bytes leave the process: a TLS stream, a pipe, a socket.</summary>
interface IPacketTransport
{
    /// <summary>Writes and flushes.</summary>
    /// <exception cref="IOException">The connection is gone; or another of the exceptions <see cref="ConnectionLoss"/> knows.</exception>
    ValueTask Write(ReadOnlyMemory<byte> bytes);

    /// <summary>Makes the pending read return, so that the read loop can end in peace.</summary>
    void StopReading();

    /// <summary>Cuts the connection. May be called more than once, from any thread.</summary>
    void Abort();
}

/// <summary>
/// The way out of one connection. Packets are encoded into one buffer; whoever makes it non-empty must see that it is flushed, once for
/// all that was added meanwhile. That is where the throughput comes from: one write per batch, not per packet.
/// </summary>
sealed class Outbox(IPacketTransport transport, int abortAtBytes) : IThreadPoolWorkItem
{
    readonly Lock _gate = new();
    PacketBuffer _pending;
    bool _draining;
    bool _sealed;
    TaskCompletionSource? _idle;
    Action? _drained;

    /// <summary>Bytes not yet handed to the transport. Read without the lock: near enough.</summary>
    public int Pending => _pending.Length;

    /// <summary>Whether more than this is pending. If so, <paramref name="drained"/> is called once, without a lock, after the next drain.</summary>
    public bool IsFull(int bytes, Action drained)
    {
        if (Pending <= bytes) return false;
        // Left first and looked at again after: a drain that ends in between has either seen it, or left room.
        Interlocked.Exchange(ref _drained, drained);
        return Pending > bytes;
    }

    /// <summary>Makes the connection's pending read return.</summary>
    public void StopReading() => transport.StopReading();

    /// <summary>Cuts the connection and drops what is left.</summary>
    public void Abort()
    {
        Discard();
        transport.Abort();
    }

    /// <summary>Adds a packet.</summary>
    /// <returns>True when the caller must now call <see cref="Drain"/> or <see cref="Schedule"/>.</returns>
    public bool Add(MqttPacket packet, ProtocolVersion version)
    {
        var total = MqttCodec.Measure(packet, version, out var body);
        lock (_gate)
        {
            if (_sealed) return false;
            MqttCodec.Write(packet, version, body, _pending.Take(total));
            return Added();
        }
    }

    /// <summary>Adds a PUBLISH with the delivery's own header, unless it is larger than the receiver takes.</summary>
    /// <returns>False when it is too large.</returns>
    public bool TryAdd(in Delivery delivery, ProtocolVersion version, uint maximumBytes, out bool mustDrain)
    {
        var message = delivery.Message;
        var counter = PacketWriter.Counter;
        message.WriteBody(ref counter, version, delivery.QoS, delivery.PacketId, delivery.MessageExpiry);
        var total = 1 + PacketWriter.VariableIntegerBytes(counter.Written) + counter.Written;
        mustDrain = false;
        if (total > maximumBytes) return false;
        lock (_gate)
        {
            if (_sealed) return true;
            var writer = new PacketWriter(_pending.Take(total));
            writer.WriteByte(Publish.HeaderOf(delivery.QoS, delivery.Retain, delivery.Duplicate));
            writer.WriteVariableInteger(counter.Written);
            message.WriteBody(ref writer, version, delivery.QoS, delivery.PacketId, delivery.MessageExpiry);
            mustDrain = Added();
            return true;
        }
    }

    /// <summary>Adds a last packet, if any, and takes no more.</summary>
    public void Seal(MqttPacket? last, ProtocolVersion version)
    {
        bool mustDrain;
        lock (_gate)
        {
            mustDrain = last is not null && Add(last, version);
            _sealed = true;
        }

        if (mustDrain) Schedule();
    }

    /// <summary>Drains on the thread pool.</summary>
    public void Schedule() => ThreadPool.UnsafeQueueUserWorkItem(this, preferLocal: false);

    void IThreadPoolWorkItem.Execute() => _ = Drain();

    /// <summary>Writes until nothing is left. Never fails: a lost connection is the read loop's to notice.</summary>
    public async Task Drain()
    {
        while (TryDetach(out var bytes, out var length))
        {
            try
            {
                await transport.Write(bytes.AsMemory(0, length));
            }
            catch (Exception loss) when (ConnectionLoss.Is(loss))
            {
                Abort();
            }

            ArrayPool<byte>.Shared.Return(bytes);
        }

        if (_drained is not null) Interlocked.Exchange(ref _drained, null)?.Invoke();
    }

    /// <summary>Completes when everything added so far has been written or lost.</summary>
    public Task WhenIdle()
    {
        lock (_gate)
        {
            if (!_draining) return Task.CompletedTask;
            return (_idle ??= new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously)).Task;
        }
    }

    /// <summary>Drops what is left and takes no more.</summary>
    public void Discard()
    {
        lock (_gate)
        {
            _sealed = true;
            _pending.Clear();
        }
    }

    bool Added()
    {
        // Answers alone can only pile up when the peer sends without ever reading.
        if (_pending.Length > abortAtBytes)
        {
            _sealed = true;
            _pending.Clear();
            transport.Abort();
            return false;
        }

        if (_draining) return false;
        return _draining = true;
    }

    bool TryDetach(out byte[] bytes, out int length)
    {
        lock (_gate)
        {
            if (_pending.Length > 0)
            {
                bytes = _pending.Detach(out length);
                return true;
            }

            (bytes, length) = ([], 0);
            _draining = false;
            _idle?.TrySetResult();
            _idle = null;
            return false;
        }
    }
}
