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
    /// <exception cref="IOException">No connection, lost or closed before CONNACK, or something else came than CONNACK.</exception>
    /// <exception cref="System.Security.Authentication.AuthenticationException">One side does not accept the other's TLS.</exception>
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
        catch (Exception lost) when (lost is MalformedPacketException || (ConnectionLoss.Is(lost) && lost is not (IOException or OperationCanceledException)))
        {
            // A write that failed has closed the stream under whoever waits for the answer.
            throw new IOException($"The connection to {options.Host}:{options.Port} ended before CONNACK: {lost.Message}", lost);
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
        var answer = await Ask<SubAck>(id => new Subscribe { PacketId = id, Filters = filters }, cancellation);
        return answer.Reasons.Count == filters.Count ? answer.Reasons : throw new IOException($"{answer.Reasons.Count} answers to {filters.Count} filters.");
    }

    /// <summary>Subscribes to one filter.</summary>
    public async Task<ReasonCode> Subscribe(string filter, QoS qos, CancellationToken cancellation = default) =>
        (await Subscribe([new TopicSubscription(filter, qos)], cancellation))[0];

    /// <summary>Unsubscribes and waits for UNSUBACK.</summary>
    public Task Unsubscribe(string filter, CancellationToken cancellation = default) =>
        Ask<UnsubAck>(id => new Unsubscribe { PacketId = id, Filters = [filter] }, cancellation);

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

        return (await Ask<PubAck>(id => publish with { PacketId = id }, cancellation)).Reason;
    }

    /// <summary>Sends any packet as it is. For tests and tools that must misbehave.</summary>
    /// <exception cref="TimeoutException">The server does not read: it could not be written in the time that an answer has.</exception>
    public async Task Send(MqttPacket packet)
    {
        _sent = true;
        if (_outbox.Add(packet, _options.Version)) await _outbox.Drain().WaitAsync(_options.AnswerTimeout);
    }

    /// <summary>Sends DISCONNECT, if the server still reads, and closes. The will is not published unless the reason is "with will".</summary>
    public async Task Disconnect(ReasonCode reason = ReasonCode.Success, CancellationToken cancellation = default)
    {
        try
        {
            await Send(new Disconnect { Reason = reason });
            await _outbox.WhenIdle().WaitAsync(_options.AnswerTimeout, cancellation);
        }
        catch (TimeoutException)
        {
            // Then without a good-bye.
        }

        await DisposeAsync();
    }

    /// <summary>Closes without DISCONNECT, as a device that loses power: the will is published. Never fails.</summary>
    public async ValueTask DisposeAsync()
    {
        if (Interlocked.Exchange(ref _disposed, 1) != 0) return;
        _pings?.Dispose();
        _outbox.Discard();
        _incoming.Writer.TryComplete();
        try
        {
            await _stream.DisposeAsync();
        }
        catch (Exception lost) when (ConnectionLoss.Is(lost))
        {
            // Closed is closed.
        }

        if (!_reading) End(null);
        Task read = _closed.Task;
        await read.WaitAsync(_options.AnswerTimeout).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
    }

    async Task<T> Ask<T>(Func<ushort, MqttPacket> packet, CancellationToken cancellation) where T : MqttPacket
    {
        var answer = new TaskCompletionSource<MqttPacket>(TaskCreationOptions.RunContinuationsAsynchronously);
        ushort id;
        do id = (ushort)(((uint)Interlocked.Increment(ref _lastPacketId) % ushort.MaxValue) + 1);
        while (!_waiting.TryAdd(id, answer));
        try
        {
            if (_closed.Task.IsCompleted) throw Gone();
            await Send(packet(id));
            return await answer.Task.WaitAsync(_options.AnswerTimeout, cancellation) is T expected ? expected : throw new IOException("The server answered something else than it was asked.");
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
