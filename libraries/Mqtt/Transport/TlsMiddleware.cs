using System.Buffers;
using System.IO.Pipelines;
using System.Net.Security;
using System.Security.Authentication;
using System.Security.Cryptography.X509Certificates;
using Microsoft.AspNetCore.Connections;
using Microsoft.Extensions.Logging;

namespace FleetPlatform.Mqtt;

/// <summary>What <see cref="TlsMiddleware"/> leaves for the handler behind it.</summary>
sealed record TlsConnection(SslStream Stream, PipeReader Reader, byte[] ClientCertificate, IReadOnlyList<ReadOnlyMemory<byte>> Presented, TlsFacts Facts);

/// <summary>
/// TLS with a required client certificate over a Kestrel connection. The handshake proves that the peer holds the key; whether the
/// certificate is trusted is decided at CONNECT by its fingerprint, so no chain is searched for and nothing is downloaded.
/// </summary>
sealed class TlsMiddleware(ConnectionDelegate next, MqttTlsOptions options, ILogger log)
{
    const int MaximumPresented = 4;

    // Records are at most 16 KiB: one read takes one whole.
    static readonly StreamPipeReaderOptions Reading = new(MemoryPool<byte>.Shared, bufferSize: 16 * 1024, minimumReadSize: 1024, useZeroByteReads: true);

    readonly SemaphoreSlim _slots = new(options.Limits.MaximumConcurrentHandshakes);
    readonly TimeProvider _clock = TimeProvider.System;
    Authentication? _authentication;
    int _pending;

    public async Task OnConnection(ConnectionContext connection)
    {
        if (Interlocked.Increment(ref _pending) > options.Limits.MaximumPendingHandshakes)
        {
            Interlocked.Decrement(ref _pending);
            Failed(connection, TlsFailure.TooMany, "too many handshakes");
            return;
        }

        IReadOnlyList<ReadOnlyMemory<byte>> presented = [];
        var sentNone = false;
        var stream = new SslStream(new DuplexPipeStream(connection.Transport), leaveInnerStreamOpen: true, (_, certificate, chain, _) =>
        {
            if (chain is { ChainPolicy.ExtraStore: { Count: > 0 } sent })
                presented = [.. sent.Take(MaximumPresented).Select(intermediate => new ReadOnlyMemory<byte>(intermediate.RawData))];
            sentNone = certificate is null;
            return !sentNone;
        });
        try
        {
            TlsConnection? accepted;
            try
            {
                accepted = await Handshake(connection, stream, () => sentNone);
            }
            finally
            {
                Interlocked.Decrement(ref _pending);
            }

            if (accepted is null) return;
            connection.Features.Set(accepted with { Presented = presented });
            await next(connection);
        }
        finally
        {
            await stream.DisposeAsync();
        }
    }

    async Task<TlsConnection?> Handshake(ConnectionContext connection, SslStream stream, Func<bool> sentNone)
    {
        var began = _clock.GetTimestamp();
        using var deadline = new CancellationTokenSource(options.Limits.HandshakeTimeout);
        try
        {
            if (await ReadHello(connection.Transport.Input, deadline.Token) is not { } hello)
                return Failed(connection, TlsFailure.NothingSaid, "closed before the handshake");

            await _slots.WaitAsync(deadline.Token);
            try
            {
                await stream.AuthenticateAsServerAsync(AuthenticationFor(hello), deadline.Token);
            }
            finally
            {
                _slots.Release();
            }

            return Accepted(stream, _clock.GetElapsedTime(began));
        }
        catch (OperationCanceledException)
        {
            return deadline.IsCancellationRequested
                ? Failed(connection, TlsFailure.TimedOut, "timed out")
                : Failed(connection, TlsFailure.ConnectionLost, "aborted");
        }
        catch (AuthenticationException refused)
        {
            // Not cut: the alert that says why is on its way.
            return Failed(connection, sentNone() ? TlsFailure.NoCertificate : TlsFailures.Of(refused), refused.GetBaseException().Message, cut: false);
        }
        catch (Exception loss) when (ConnectionLoss.Is(loss))
        {
            return Failed(connection, TlsFailure.ConnectionLost, "connection lost");
        }
    }

    // A peer that says nothing, or not all of its hello, waits without a slot and without TLS state.
    static async ValueTask<ClientHello?> ReadHello(PipeReader input, CancellationToken cancellation)
    {
        SequencePosition? examined = null;
        while (true)
        {
            var read = await input.ReadAsync(cancellation);
            var received = read.Buffer;
            if (read.IsCompleted || ClientHello.IsWhole(received))
            {
                ClientHello? hello = received.IsEmpty ? null : ClientHello.Read(received);
                input.AdvanceTo(received.Start, examined ?? received.Start);
                return hello;
            }

            input.AdvanceTo(received.Start, received.End);
            examined = received.End;
        }
    }

    static TlsConnection Accepted(SslStream stream, TimeSpan duration)
    {
        var facts = new TlsFacts(
            stream.SslProtocol, stream.TargetHostName, stream.NegotiatedApplicationProtocol.ToString(), duration);
        Counters.Handshakes.Record(duration.TotalSeconds);
        var certificate = stream.RemoteCertificate!;
        var der = certificate.GetRawCertData();
        certificate.Dispose(); // its native copy would live as long as the connection
        return new TlsConnection(stream, PipeReader.Create(stream, Reading), der, [], facts);
    }

    TlsConnection? Failed(ConnectionContext connection, TlsFailure failure, string reason, bool cut = true)
    {
        Counters.HandshakesFailed.Add(1, new KeyValuePair<string, object?>("reason", failure.ToString()));
        Logs.HandshakeFailed(log, connection.RemoteEndPoint?.ToString(), reason);
        options.OnHandshakeFailed?.Invoke(connection.RemoteEndPoint, failure, reason);
        if (cut) connection.Abort();
        return null;
    }

    SslServerAuthenticationOptions AuthenticationFor(ClientHello hello)
    {
        var certificate = options.ServerCertificate();
        var current = _authentication;
        if (!ReferenceEquals(current?.Certificate, certificate)) _authentication = current = new(certificate, options);
        return current.For(hello);
    }

    /// <summary>Built once per certificate: SslStream copies it, and the certificate context carries the native state worth sharing.</summary>
    sealed class Authentication(SslStreamCertificateContext certificate, MqttTlsOptions options)
    {
        readonly SslServerAuthenticationOptions _alone = Build(certificate, options, options.Protocols, options.Limits.AllowResume);

        // The framework sets OpenSSL's state up anew for each connection, a quarter of what a connect costs, unless sessions may be resumed. Where this handshake
        // can resume none, the state is shared and still nothing is ever resumed (docs/decisions/0021-tls-state-is-shared-where-nothing-can-be-resumed.md).
        readonly SslServerAuthenticationOptions? _tls13 = Shared(certificate, options, SslProtocols.Tls13);
        readonly SslServerAuthenticationOptions? _tls12 = Shared(certificate, options, SslProtocols.Tls12);

        public SslStreamCertificateContext Certificate => certificate;

        public SslServerAuthenticationOptions For(ClientHello hello) => hello switch
        {
            { OffersTls13: true } when _tls13 is not null => _tls13,
            { NamesSession: false } when _tls12 is not null => _tls12,
            _ => _alone,
        };

        static SslServerAuthenticationOptions? Shared(SslStreamCertificateContext certificate, MqttTlsOptions options, SslProtocols version) =>
            SessionTickets.AreOff && options.Protocols.HasFlag(version) ? Build(certificate, options, version, allowResume: true) : null;

        static SslServerAuthenticationOptions Build(SslStreamCertificateContext certificate, MqttTlsOptions options, SslProtocols protocols, bool allowResume) => new()
        {
            ServerCertificateContext = certificate,
            ClientCertificateRequired = true,
            EnabledSslProtocols = protocols,
            ApplicationProtocols = [.. options.ApplicationProtocols.Select(name => new SslApplicationProtocol(name))],
            CertificateRevocationCheckMode = X509RevocationMode.NoCheck,
            CertificateChainPolicy = new X509ChainPolicy
            {
                TrustMode = X509ChainTrustMode.CustomRootTrust,
                DisableCertificateDownloads = true,
                RevocationMode = X509RevocationMode.NoCheck,
            },
            AllowRenegotiation = false,
            AllowTlsResume = allowResume,
        };
    }
}
