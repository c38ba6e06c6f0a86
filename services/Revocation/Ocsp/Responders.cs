using System.Collections.Concurrent;
using System.Diagnostics.Metrics;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
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
sealed class Responders : WorkLoop
{
    static readonly TimeSpan Period = TimeSpan.FromMinutes(1);
    static readonly TimeSpan Soon = TimeSpan.FromSeconds(1);
    readonly Authorities _authorities;
    readonly IAsk _ask;
    readonly TimeProvider _clock;
    readonly ILogger _log;
    readonly Counter<long> _failures;
    readonly Dictionary<string, (Responder Responder, DateTimeOffset RenewAt)> _ready = new(StringComparer.Ordinal);
    volatile IReadOnlyList<Responder> _responders = [];

    public Responders(Authorities authorities, IAsk ask, FleetService service, TimeProvider clock, ILogger<Responders> log) : base(clock)
    {
        (_authorities, _ask, _clock, _log) = (authorities, ask, clock, log);
        _failures = service.Meter.CreateCounter<long>("fleet.revocation.responder_failures", "{attempt}", "Attempts to get an OCSP responder's certificate that failed. An alarm when it goes on.");
        service.Meter.CreateObservableGauge("fleet.revocation.responder_remaining", () => Remaining?.TotalSeconds ?? 0, "s", "Time until the first OCSP responder's certificate lapses.");
    }

    /// <summary>Time until the first responder's certificate lapses; null before there is one.</summary>
    public TimeSpan? Remaining => All is { Count: > 0 } all ? all.Min(each => each.NotAfter) - _clock.GetUtcNow() : null;

    /// <summary>Why the last look for certificates failed; null when it did not.</summary>
    public string? Failure { get; private set; }

    public IReadOnlyList<Responder> All => _responders;

    protected override TimeSpan Pause => Failure is null ? Period : Soon;

    protected override async Task Look(CancellationToken stopping)
    {
        string? failure = null;
        foreach (var issuer in await _authorities.Find(stopping))
            try
            {
                await Renew(issuer, stopping);
            }
            catch (Exception trouble) when (trouble is RequestUnavailableException or PkiException)
            {
                Fail(issuer.IssuerId, trouble);
                failure = Failure;
            }

        Failure = failure;
    }

    protected override void Postpone(Exception failure) => Fail("any authority", failure);

    void Fail(string issuer, Exception failure)
    {
        Failure = $"{issuer}: {failure.Message}";
        _failures.Add(1);
        Log.NoResponderCertificate(_log, issuer, failure.Message);
    }

    async Task Renew(RevocationIssuer issuer, CancellationToken cancellation)
    {
        if (_ready.TryGetValue(issuer.IssuerId, out var ready) && _clock.GetUtcNow() < ready.RenewAt) return;
        var key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        var answer = await _ask.Ask<IssueResponderCertificate, ResponderCertificateIssued>(
            new() { IssuerId = issuer.IssuerId, CertificateSigningRequest = Request(key) }, cancellation);
        if (answer.Value is not { } issued) throw new RequestUnavailableException(answer.Refused!.Detail);

        var der = Pem.ReadCertificate(issued.CertificatePem);
        var text = CertificateText.Read(der);
        var now = _clock.GetUtcNow();
        _ready[issuer.IssuerId] = (new(issuer, key, der, text.NotAfter), now + ((text.NotAfter - now) / 2));
        _responders = [.. _ready.Values.Select(each => each.Responder)];
        Log.ResponderCertificate(_log, issuer.IssuerId, text.NotAfter);
    }

    static string Request(ECDsa key) => new CertificateRequest("CN=OCSP", key, HashAlgorithmName.SHA256).CreateSigningRequestPem() + "\n";
}
