using System.Buffers;
using System.Net.Security;
using System.Net.Sockets;
using FleetPlatform.Mqtt;

namespace FleetPlatform.MqttGateway.Tests.Kit;

/// <summary>A peer that has proved its certificate over TLS and then says what it is told to, right or wrong.</summary>
sealed class RawTls : IDisposable
{
    readonly TcpClient _socket = new() { NoDelay = true };
    SslStream _tls = null!;

    public static async Task<RawTls> Open(GatewayUnderTest gateway, TestCertificate certificate)
    {
        var raw = new RawTls();
        await raw._socket.ConnectAsync("127.0.0.1", gateway.Port);
        raw._tls = new SslStream(raw._socket.GetStream(), leaveInnerStreamOpen: false, static (_, certificate, _, _) => certificate is not null);
        await raw._tls.AuthenticateAsClientAsync(new SslClientAuthenticationOptions { TargetHost = "localhost", ClientCertificates = [certificate.Certificate] });
        return raw;
    }

    /// <summary>One that is let in: CONNECT is sent and CONNACK read.</summary>
    public static async Task<RawTls> Connect(GatewayUnderTest gateway, TestCertificate certificate, string clientId, ProtocolVersion version = ProtocolVersion.V500)
    {
        var raw = await Open(gateway, certificate);
        await raw.Send(new Connect { Version = version, ClientId = clientId, CleanStart = true }, version);
        (await raw._tls.ReadAsync(new byte[512])).ShouldBeGreaterThan(0);
        return raw;
    }

    public async Task Send(string hex) => await Send(Convert.FromHexString(hex.Replace(" ", "", StringComparison.Ordinal)));

    public async Task Send(MqttPacket packet, ProtocolVersion version)
    {
        var bytes = new ArrayBufferWriter<byte>();
        MqttCodec.Write(packet, version, bytes);
        await Send(bytes.WrittenSpan.ToArray());
    }

    public async Task Send(byte[] bytes)
    {
        try
        {
            await _tls.WriteAsync(bytes);
        }
        catch (IOException)
        {
            // It was closed before everything was said.
        }
    }

    /// <summary>Waits until the gateway closes, whatever it says before.</summary>
    public async Task IsClosed()
    {
        using var patience = new CancellationTokenSource(Eventually.Patience);
        var buffer = new byte[4096];
        try
        {
            while (await _tls.ReadAsync(buffer, patience.Token) > 0)
            {
            }
        }
        catch (IOException)
        {
        }
    }

    public void Dispose()
    {
        _tls?.Dispose();
        _socket.Dispose();
    }
}
