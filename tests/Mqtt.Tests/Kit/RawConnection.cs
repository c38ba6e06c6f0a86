using System.Buffers;
using System.Net.Sockets;

namespace FleetPlatform.Mqtt.Tests;

/// <summary>A socket that says what it is told to, right or wrong.</summary>
sealed class RawConnection : IDisposable
{
    readonly TcpClient _client = new() { NoDelay = true };
    readonly List<byte> _received = [];

    public static async Task<RawConnection> Open(int port)
    {
        var raw = new RawConnection();
        await raw._client.ConnectAsync("127.0.0.1", port);
        return raw;
    }

    public NetworkStream Stream => _client.GetStream();

    public ValueTask Send(string hex) => Stream.WriteAsync(Hex.Bytes(hex));

    public async Task Send(MqttPacket packet, ProtocolVersion version) => await Send(Hex.Of(packet, version));

    /// <summary>The next packet, or null when the peer closes first.</summary>
    public async Task<MqttPacket?> Read(ProtocolVersion version)
    {
        using var deadline = new CancellationTokenSource(Eventually.Patience);
        var buffer = new byte[4096];
        while (true)
        {
            var sequence = new ReadOnlySequence<byte>(_received.ToArray());
            if (MqttCodec.TryRead(ref sequence, version, 1 << 24, out var packet))
            {
                _received.RemoveRange(0, _received.Count - (int)sequence.Length);
                return packet;
            }

            int count;
            try
            {
                count = await Stream.ReadAsync(buffer, deadline.Token);
            }
            catch (IOException)
            {
                return null;
            }

            if (count == 0) return null;
            _received.AddRange(buffer.AsSpan(0, count));
        }
    }

    /// <summary>True when the peer closes without another byte.</summary>
    public async Task<bool> IsClosed() => await Read(ProtocolVersion.V311) is null && _received.Count == 0;

    public void Dispose() => _client.Dispose();
}
