using System.Collections.Concurrent;
using System.IO.Pipelines;
using System.Threading.Channels;

namespace FleetPlatform.Mqtt;

/// <summary>A client's connection: MQTT 3.1.1 or 5.0 over TLS or plain TCP. It does not reconnect; that is its owner's decision.</summary>
/// <remarks>Safe to use from several threads. QoS 0 and 1. Holds no buffer and no thread while idle.</remarks>
public sealed partial class MqttClientConnection : IPacketTransport, IAsyncDisposable
{
    static readonly StreamPipeReaderOptions Reading = new(System.Buffers.MemoryPool<byte>.Shared, bufferSize: 4096, minimumReadSize: 512, useZeroByteReads: true);

    readonly MqttConnectionOptions _options;
    readonly Stream _stream;
    readonly PipeReader _input;
    readonly Outbox _outbox;
    readonly Channel<Publish> _incoming;
    readonly ConcurrentDictionary<ushort, TaskCompletionSource<MqttPacket>> _waiting = new();
    readonly TaskCompletionSource<Disconnect?> _closed = new(TaskCreationOptions.RunContinuationsAsynchronously);
    Timer? _pings;
    int _lastPacketId;
    int _disposed;
    bool _heard = true;
    bool _sent;

    MqttClientConnection(MqttConnectionOptions options, Stream stream)
    {
        _options = options;
        _stream = stream;
        _input = PipeReader.Create(stream, Reading);
        _outbox = new Outbox(this, abortAtBytes: 64 * 1024 * 1024);
        _incoming = Channel.CreateBounded<Publish>(new BoundedChannelOptions(options.IncomingCapacity) { SingleWriter = true });
    }

    /// <summary>Connects and waits for CONNACK.</summary>
    /// <exception cref="MqttConnectException">The server refused with CONNACK.</exception>
    /// <exception cref="IOException">No connection, or closed before CONNACK. <see cref="System.Security.Authentication.AuthenticationException"/> for TLS.</exception>
    /// <exception cref="TimeoutException">Nothing came in time.</exception>
    public static async Task<MqttClientConnection> Connect(MqttConnectionOptions options, CancellationToken cancellation = default)
    {
        using var deadline = CancellationTokenSource.CreateLinkedTokenSource(cancellation);
        deadline.CancelAfter(options.ConnectTimeout);
        try
        {
            var stream = await ClientStream.Open(options, deadline.Token);
            var connection = new MqttClientConnection(options, stream);
            try
            {
                await connection.Introduce(deadline.Token);
                return connection;
            }
            catch
            {
                await connection.DisposeAsync();
                throw;
            }
        }
        catch (OperationCanceledException late) when (!cancellation.IsCancellationRequested)
        {
            throw new TimeoutException($"{options.Host}:{options.Port} did not accept within {options.ConnectTimeout}.", late);
        }
    }

    /// <summary>The server's CONNACK.</summary>
    public ConnAck ConnAck { get; private set; } = new();

    /// <summary>The client id in use, assigned ones included.</summary>
    public string ClientId => ConnAck.AssignedClientId ?? _options.ClientId;

    /// <summary>Messages as they come. Completes when the connection ends. QoS 1 is acknowledged when it is put here.</summary>
    public ChannelReader<Publish> Incoming => _incoming.Reader;

    /// <summary>Completes, never fails, when the connection has ended; null for a plain close, otherwise the server's DISCONNECT.</summary>
    public Task<Disconnect?> Closed => _closed.Task;

    /// <summary>Subscribes and waits for SUBACK.</summary>
    /// <returns>One answer per filter, in order: granted QoS or failure.</returns>
    /// <exception cref="TimeoutException">No answer in time.</exception>
    /// <exception cref="IOException">The connection ended first.</exception>
    public async Task<IReadOnlyList<ReasonCode>> Subscribe(IReadOnlyList<TopicSubscription> filters, CancellationToken cancellation = default)
    {
        var answer = await Ask(id => new Subscribe { PacketId = id, Filters = filters }, cancellation);
        return ((SubAck)answer).Reasons;
    }

    /// <summary>Subscribes to one filter.</summary>
    public async Task<ReasonCode> Subscribe(string filter, QoS qos, CancellationToken cancellation = default) =>
        (await Subscribe([new TopicSubscription(filter, qos)], cancellation))[0];

    /// <summary>Unsubscribes and waits for UNSUBACK.</summary>
    public Task Unsubscribe(string filter, CancellationToken cancellation = default) =>
        Ask(id => new Unsubscribe { PacketId = id, Filters = [filter] }, cancellation);

    /// <summary>Publishes. QoS 0 completes when written, QoS 1 with PUBACK.</summary>
    /// <returns>PUBACK's reason; success for QoS 0 and 3.1.1.</returns>
    public Task<ReasonCode> Publish(string topic, ReadOnlyMemory<byte> payload, QoS qos, bool retain = false, CancellationToken cancellation = default) =>
        Publish(new Publish { Topic = topic, Payload = payload, QoS = qos, Retain = retain }, cancellation);

    /// <summary>Publishes a message with properties.</summary>
    public async Task<ReasonCode> Publish(Publish publish, CancellationToken cancellation = default)
    {
        if (publish.QoS == QoS.AtMostOnce)
        {
            if (_closed.Task.IsCompleted) throw Gone();
            await Send(publish);
            return ReasonCode.Success;
        }

        var answer = await Ask(id => publish with { PacketId = id }, cancellation);
        return ((PubAck)answer).Reason;
    }

    /// <summary>Sends any packet as it is. For tests and tools that must misbehave.</summary>
    public async Task Send(MqttPacket packet)
    {
        _sent = true;
        if (_outbox.Add(packet, _options.Version)) await _outbox.Drain();
    }

    /// <summary>Sends DISCONNECT and closes. The will is not published unless the reason is "with will".</summary>
    public async Task Disconnect(ReasonCode reason = ReasonCode.Success, CancellationToken cancellation = default)
    {
        await Send(new Disconnect { Reason = reason });
        await _outbox.WhenIdle().WaitAsync(cancellation);
        await DisposeAsync();
    }

    /// <summary>Closes without DISCONNECT, as a device that loses power: the will is published.</summary>
    public async ValueTask DisposeAsync()
    {
        if (Interlocked.Exchange(ref _disposed, 1) != 0) return;
        if (_pings is not null) await _pings.DisposeAsync();
        _outbox.Discard();
        _incoming.Writer.TryComplete();
        await _stream.DisposeAsync();
        if (!_reading) End(null);
        await _closed.Task;
    }

    async Task<MqttPacket> Ask(Func<ushort, MqttPacket> packet, CancellationToken cancellation)
    {
        var answer = new TaskCompletionSource<MqttPacket>(TaskCreationOptions.RunContinuationsAsynchronously);
        ushort id;
        do id = (ushort)((Interlocked.Increment(ref _lastPacketId) % ushort.MaxValue) + 1);
        while (!_waiting.TryAdd(id, answer));
        try
        {
            if (_closed.Task.IsCompleted) throw Gone();
            await Send(packet(id));
            return await answer.Task.WaitAsync(_options.AnswerTimeout, cancellation);
        }
        finally
        {
            _waiting.TryRemove(id, out _);
        }
    }

    IOException Gone() => _closed.Task is { IsCompletedSuccessfully: true, Result: { } said }
        ? new IOException($"The server closed the connection: {said.Reason} {said.ReasonString}".TrimEnd())
        : new IOException("The connection is closed.");

    ValueTask IPacketTransport.Write(ReadOnlyMemory<byte> bytes) => _stream.WriteAsync(bytes);

    void IPacketTransport.StopReading() => _input.CancelPendingRead();

    void IPacketTransport.Abort() => _stream.Dispose();
}

/// <summary>The server refused the connection with CONNACK.</summary>
public sealed class MqttConnectException : Exception
{
    public MqttConnectException() { }
    public MqttConnectException(string message) : base(message) { }
    public MqttConnectException(string message, Exception inner) : base(message, inner) { }
    public MqttConnectException(ConnAck ack) : base($"The server refused the connection: {ack.Reason} {ack.ReasonString}".TrimEnd()) => Reason = ack.Reason;

    public ReasonCode Reason { get; }
}
