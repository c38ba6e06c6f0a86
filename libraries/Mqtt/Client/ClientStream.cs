using System.Net.Security;
using System.Net.Sockets;
using System.Security.Cryptography.X509Certificates;

namespace FleetPlatform.Mqtt;

/// <summary>Opens the byte stream of a client's connection.</summary>
static class ClientStream
{
    /// <exception cref="IOException">Nobody there, or lost in the handshake.</exception>
    /// <exception cref="System.Security.Authentication.AuthenticationException">One side does not accept the other's TLS.</exception>
    public static async Task<Stream> Open(MqttConnectionOptions options, CancellationToken cancellation)
    {
        var network = new NetworkStream(await Reach(options, cancellation), ownsSocket: true);
        if (options.Tls is not { } tls) return network;

        var stream = new SslStream(network, leaveInnerStreamOpen: false);
        try
        {
            await stream.AuthenticateAsClientAsync(Authentication(tls, options.Host), cancellation);
            return stream;
        }
        catch
        {
            await stream.DisposeAsync();
            throw;
        }
    }

    static async Task<Socket> Reach(MqttConnectionOptions options, CancellationToken cancellation)
    {
        Socket? socket = null;
        try
        {
            socket = new Socket(SocketType.Stream, ProtocolType.Tcp) { NoDelay = true };
            await socket.ConnectAsync(options.Host, options.Port, cancellation);
            return socket;
        }
        catch (SocketException failure)
        {
            socket?.Dispose(); // null when the machine has none left
            throw new IOException($"No connection to {options.Host}:{options.Port}: {failure.SocketErrorCode}.", failure);
        }
        catch
        {
            socket?.Dispose();
            throw;
        }
    }

    static SslClientAuthenticationOptions Authentication(MqttClientTls tls, string host)
    {
        var authentication = new SslClientAuthenticationOptions
        {
            TargetHost = tls.ServerName ?? host,
            EnabledSslProtocols = tls.Protocols,
            ApplicationProtocols = tls.ApplicationProtocols.Count == 0
                ? null
                : [.. tls.ApplicationProtocols.Select(name => new SslApplicationProtocol(name))],
            ClientCertificateContext = tls.CertificateContext
                ?? (tls.Certificate is null ? null : SslStreamCertificateContext.Create(tls.Certificate, null, offline: true)),
            CertificateRevocationCheckMode = X509RevocationMode.NoCheck,
            RemoteCertificateValidationCallback = tls.ValidateServer,
            AllowRenegotiation = false,
            AllowTlsResume = tls.AllowResume,
        };
        if (tls.Roots is { Count: > 0 } roots)
        {
            authentication.CertificateChainPolicy = new X509ChainPolicy
            {
                TrustMode = X509ChainTrustMode.CustomRootTrust,
                DisableCertificateDownloads = true,
                RevocationMode = X509RevocationMode.NoCheck,
            };
            authentication.CertificateChainPolicy.CustomTrustStore.AddRange(roots);
        }

        return authentication;
    }
}
