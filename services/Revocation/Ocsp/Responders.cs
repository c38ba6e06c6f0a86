using System.Collections.Concurrent;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using System.Threading.Channels;
using FleetPlatform.Contracts.CertificateAuthority;
using FleetPlatform.Pki;
using FleetPlatform.Revocation.Lists;
using FleetPlatform.ServiceDefaults;

namespace FleetPlatform.Revocation.Ocsp;

/// <summary>An authority's responder: a key that was made here and never leaves the process, and the authority's word for it.</summary>
sealed record Responder(RevocationIssuer Issuer, ECDsa Key, byte[] Certificate, DateTimeOffset NotAfter)
{
    readonly CertificateText _authority = CertificateText.ReadPem(Issuer.CertificatePem);
    readonly ConcurrentDictionary<string, (byte[] Name, byte[] Key)> _hashes = new(StringComparer.Ordinal);

    /// <summary>Whether a request is about this authority's certificates.</summary>
    public bool IsAskedBy(OcspCertificateId id)
    {
        if (id.HashAlgorithm is not (Oids.Sha1 or Oids.Sha256)) return false;
        var (name, key) = _hashes.GetOrAdd(id.HashAlgorithm, algorithm =>
            (OcspResponse.NameHash(_authority.Subject, algorithm), OcspResponse.KeyHash(_authority.SubjectPublicKeyInfo.Span, algorithm)));
        return id.IssuerNameHash.Span.SequenceEqual(name) && id.IssuerKeyHash.Span.SequenceEqual(key);
    }
}

/// <summary>Keeps a responder for every authority, with a certificate that has half its life before it.</summary>
sealed class Responders(Authorities authorities, IAsk ask, TimeProvider clock, ILogger<Responders> log) : BackgroundService
{
    static readonly TimeSpan Period = TimeSpan.FromMinutes(1);
    static readonly TimeSpan Pause = TimeSpan.FromSeconds(1);
    readonly Dictionary<string, (Responder Responder, DateTimeOffset RenewAt)> _ready = new(StringComparer.Ordinal);
    readonly Channel<bool> _wake = Channel.CreateBounded<bool>(new BoundedChannelOptions(1) { FullMode = BoundedChannelFullMode.DropWrite });
    volatile IReadOnlyList<Responder> _responders = [];

    public IReadOnlyList<Responder> All => _responders;

    /// <summary>There may be another authority.</summary>
    public void Wake() => _wake.Writer.TryWrite(true);

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        while (!stoppingToken.IsCancellationRequested)
        {
            var pause = Period;
            try
            {
                foreach (var issuer in await authorities.Find(stoppingToken)) await Renew(issuer, stoppingToken);
            }
            catch (OperationCanceledException) when (stoppingToken.IsCancellationRequested)
            {
                return;
            }
            catch (Exception failure) when (failure is RequestUnavailableException or PkiException && !stoppingToken.IsCancellationRequested)
            {
                Log.NoResponderCertificate(log, "an authority", failure.Message);
                pause = Pause;
            }

            await Wait(pause, stoppingToken);
        }
    }

    async Task Wait(TimeSpan pause, CancellationToken stopping)
    {
        using var poll = CancellationTokenSource.CreateLinkedTokenSource(stopping);
        await Task.WhenAny(Task.Delay(pause, clock, poll.Token), _wake.Reader.WaitToReadAsync(poll.Token).AsTask());
        await poll.CancelAsync();
        _wake.Reader.TryRead(out _);
    }

    async Task Renew(RevocationIssuer issuer, CancellationToken cancellation)
    {
        if (_ready.TryGetValue(issuer.IssuerId, out var ready) && clock.GetUtcNow() < ready.RenewAt) return;
        var key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        var answer = await ask.Ask<IssueResponderCertificate, ResponderCertificateIssued>(
            new() { IssuerId = issuer.IssuerId, CertificateSigningRequest = Request(key) }, cancellation);
        if (answer.Value is not { } issued) throw new RequestUnavailableException(answer.Refused!.Detail);

        var der = Pem.ReadCertificate(issued.CertificatePem);
        var text = CertificateText.Read(der);
        var now = clock.GetUtcNow();
        _ready[issuer.IssuerId] = (new(issuer, key, der, text.NotAfter), now + ((text.NotAfter - now) / 2));
        _responders = [.. _ready.Values.Select(each => each.Responder)];
        Log.ResponderCertificate(log, issuer.IssuerId, text.NotAfter);
    }

    static string Request(ECDsa key) => new CertificateRequest("CN=OCSP", key, HashAlgorithmName.SHA256).CreateSigningRequestPem() + "\n";
}
