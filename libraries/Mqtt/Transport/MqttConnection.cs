using System.Buffers;
using System.IO.Pipelines;
using Microsoft.AspNetCore.Connections;

namespace FleetPlatform.Mqtt;

/// <summary>One connection: reads packets, gives them to the broker, and drains what the broker made it and others say.</summary>
sealed class MqttConnection : IPacketTransport
{
    // How long the last bytes may take after the broker has done with a connection.
    static readonly TimeSpan Grace = TimeSpan.FromSeconds(2);

    readonly MqttBroker _broker;
    readonly ConnectionContext _connection;
    readonly TlsConnection? _tls;
    readonly PipeReader _input;
    readonly Outbox _outbox;
    readonly MqttBroker.Peer _peer;

    public MqttConnection(MqttBroker broker, ConnectionContext connection)
    {
        _broker = broker;
        _connection = connection;
        _tls = connection.Features.Get<TlsConnection>();
        _peer = new(_tls?.ClientCertificate ?? ReadOnlyMemory<byte>.Empty, _tls?.Facts, connection.RemoteEndPoint, _tls?.Presented);
        _input = _tls?.Reader ?? connection.Transport.Input;
        _outbox = new Outbox(this, abortAtBytes: broker.Options.MaximumOutboundBytes + (broker.Options.MaximumInflight * broker.Options.MaximumPacketBytes));
    }

    /// <summary>Runs until the connection is over. Never fails: what goes wrong ends this connection and nothing else.</summary>
    public async Task Run()
    {
        MqttClient? client = null;
        try
        {
            client = await Connect();
            if (client is not null) await ReadPackets(client);
        }
        catch (MalformedPacketException malformed)
        {
            Logs.Malformed(_broker.Log, client?.ClientId ?? "?", _connection.RemoteEndPoint?.ToString(), malformed.Reason, malformed.Message);
            var kind = MqttFault.KindOf(malformed.Reason);
            if (client is null) _broker.Turned(_peer, kind, malformed.Message);
            else client.Fail(malformed.Reason, DisconnectCause.ClientError, kind, malformed.Message); // [MQTT-4.13.1-1]; 3.1.1: [MQTT-4.8.0-1]
        }
        catch (Exception loss) when (ConnectionLoss.Is(loss))
        {
            // The peer is gone, or took too long to say CONNECT.
        }
        catch (Exception failure)
        {
            Logs.ConnectionFailed(_broker.Log, client?.ClientId ?? "?", failure);
            client?.End(ReasonCode.UnspecifiedError, DisconnectCause.ServerError);
        }
        finally
        {
            if (client is not null) _broker.Left(client);
            await Finish(byUs: client?.Cause is not (DisconnectCause.ClientInitiated or DisconnectCause.ConnectionLost));
        }
    }

    async ValueTask<MqttClient?> Connect()
    {
        using var deadline = new CancellationTokenSource(_broker.Options.ConnectTimeout);
        Connect? connect;
        try
        {
            connect = await ReadConnect(deadline.Token);
        }
        catch (OperationCanceledException) when (deadline.IsCancellationRequested)
        {
            _broker.Turned(_peer, MqttFaultKind.ConnectTimeout, $"No whole CONNECT came within {_broker.Options.ConnectTimeout.TotalSeconds:0.#} s (ConnectTimeout).");
            return null;
        }

        if (connect is null) return null;

        return await _broker.Accept(connect, _peer, _outbox, deadline.Token);
    }

    async ValueTask<Connect?> ReadConnect(CancellationToken cancellation)
    {
        while (true)
        {
            var result = await _input.ReadAsync(cancellation);
            var buffer = result.Buffer;
            var start = buffer.Start;
            // Anything but CONNECT ends it, before its length is even looked at [MQTT-3.1.0-1].
            if (!buffer.IsEmpty && buffer.FirstSpan[0] != 0x10)
                throw new MalformedPacketException(ReasonCode.ProtocolError, "The first packet is not CONNECT.");
            try
            {
                if (MqttCodec.TryRead(ref buffer, ProtocolVersion.None, _broker.Options.MaximumConnectBytes, out var packet))
                {
                    _input.AdvanceTo(buffer.Start);
                    return (Connect)packet!;
                }
            }
            catch (MalformedPacketException malformed) when (malformed.Reason == ReasonCode.UnsupportedProtocolVersion)
            {
                // A version we do not know is told so in the words of 3.1.1, which all versions understand [MQTT-3.1.2-2].
                _outbox.Seal(new ConnAck { Reason = malformed.Reason }, ProtocolVersion.V311);
                throw;
            }

            _input.AdvanceTo(start, buffer.End);
            if (result.IsCompleted || result.IsCanceled) return null;
        }
    }

    async ValueTask ReadPackets(MqttClient client)
    {
        while (client.IsConnected)
        {
            var result = await _input.ReadAsync();
            var buffer = result.Buffer;
            if (ReadBatch(client, ref buffer)) await _outbox.Drain();
            _input.AdvanceTo(buffer.Start, buffer.End);
            if (result.IsCompleted) return;
        }
    }

    /// <summary>Takes every whole packet there is; drains are started once, for all of them together.</summary>
    /// <returns>True when our own outbox is to be drained: awaiting it is what slows down a peer that does not read.</returns>
    bool ReadBatch(MqttClient client, ref ReadOnlySequence<byte> buffer)
    {
        var mine = false;
        var any = false;
        var whole = false;
        var batch = FlushBatch.Rent();
        try
        {
            while (client.IsConnected
                && PacketFrame.TryRead(ref buffer, _broker.Options.MaximumPacketBytes, out var header, out var body))
            {
                any = true;
                Receive(client, header, body, batch);
            }

            whole = true;
        }
        finally
        {
            // After a malformed packet nobody comes back to drain: the answers before it go out on their own.
            mine = batch.Dispatch(whole ? _outbox : null);
            if (any) Volatile.Write(ref client.LastHeard, _broker.Clock.GetTimestamp());
        }

        return mine;
    }

    static void Receive(MqttClient client, byte header, in ReadOnlySequence<byte> body, FlushBatch batch)
    {
        if (body.IsSingleSegment)
        {
            client.Receive(header, body.FirstSpan, batch);
            return;
        }

        var length = (int)body.Length;
        var whole = ArrayPool<byte>.Shared.Rent(length);
        try
        {
            body.CopyTo(whole);
            client.Receive(header, whole.AsSpan(0, length), batch);
        }
        finally
        {
            ArrayPool<byte>.Shared.Return(whole);
        }
    }

    // Lets what is left go out, then closes. The peer sees a FIN after the last packet, not a reset in front of it.
    async ValueTask Finish(bool byUs)
    {
        _outbox.Seal(null, ProtocolVersion.None);
        try
        {
            await _outbox.WhenIdle().WaitAsync(Grace);
            if (byUs && _tls is not null) await _tls.Stream.ShutdownAsync().WaitAsync(Grace);
            await _input.CompleteAsync();
        }
        catch (TimeoutException)
        {
            _connection.Abort();
        }
        catch (Exception loss) when (ConnectionLoss.Is(loss))
        {
            _connection.Abort();
        }
    }

    async ValueTask IPacketTransport.Write(ReadOnlyMemory<byte> bytes)
    {
        if (_tls is not null)
        {
            await _tls.Stream.WriteAsync(bytes);
            return;
        }

        var result = await _connection.Transport.Output.WriteAsync(bytes);
        if (result.IsCompleted) throw new IOException("The connection no longer takes data.");
    }

    void IPacketTransport.StopReading() => _input.CancelPendingRead();

    void IPacketTransport.Abort() => _connection.Abort();
}
