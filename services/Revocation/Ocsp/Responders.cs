using System.Collections.Concurrent;
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
sealed class Responders(Authorities authorities, IAsk ask, TimeProvider clock, ILogger<Responders> log) : WorkLoop(clock)
{
    static readonly TimeSpan Period = TimeSpan.FromMinutes(1);
    static readonly TimeSpan Soon = TimeSpan.FromSeconds(1);
    readonly TimeProvider _clock = clock;
    readonly Dictionary<string, (Responder Responder, DateTimeOffset RenewAt)> _ready = new(StringComparer.Ordinal);
    bool _postponed;
    volatile IReadOnlyList<Responder> _responders = [];

    public IReadOnlyList<Responder> All => _responders;

    protected override TimeSpan Pause => _postponed ? Soon : Period;

    protected override async Task Look(CancellationToken stopping)
    {
        foreach (var issuer in await authorities.Find(stopping)) await Renew(issuer, stopping);
        _postponed = false;
    }

    protected override void Postpone(Exception failure)
    {
        _postponed = true;
        Log.NoResponderCertificate(log, "an authority", failure.Message);
    }

    async Task Renew(RevocationIssuer issuer, CancellationToken cancellation)
    {
        if (_ready.TryGetValue(issuer.IssuerId, out var ready) && _clock.GetUtcNow() < ready.RenewAt) return;
        var key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        var answer = await ask.Ask<IssueResponderCertificate, ResponderCertificateIssued>(
            new() { IssuerId = issuer.IssuerId, CertificateSigningRequest = Request(key) }, cancellation);
        if (answer.Value is not { } issued) throw new RequestUnavailableException(answer.Refused!.Detail);

        var der = Pem.ReadCertificate(issued.CertificatePem);
        var text = CertificateText.Read(der);
        var now = _clock.GetUtcNow();
        _ready[issuer.IssuerId] = (new(issuer, key, der, text.NotAfter), now + ((text.NotAfter - now) / 2));
        _responders = [.. _ready.Values.Select(each => each.Responder)];
        Log.ResponderCertificate(log, issuer.IssuerId, text.NotAfter);
    }

    static string Request(ECDsa key) => new CertificateRequest("CN=OCSP", key, HashAlgorithmName.SHA256).CreateSigningRequestPem() + "\n";
}
