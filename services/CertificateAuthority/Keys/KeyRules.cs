using System.Security.Cryptography;
using FleetPlatform.CertificateAuthority.Certificates;
using FleetPlatform.Contracts;
using FleetPlatform.Contracts.CertificateAuthority;
using FleetPlatform.Events;
using FleetPlatform.Pki;
using FleetPlatform.ServiceDefaults;
using Command = FleetPlatform.Contracts.CertificateAuthority.IssueCertificate;

namespace FleetPlatform.CertificateAuthority.Keys;

/// <summary>Which keys are certified: one key, one device (peers 3.2 cases 31 and 32); and never one that is in other hands.</summary>
sealed class KeyRules(EventStore store, Profiles profiles, CertificateAuthorityOptions options, TimeProvider clock)
{
    readonly KnownKeys _keys = new(store.DataSource);
    readonly GiveUpRequest _giveUp = new(store);

    public static Refusal Compromised { get; } = new(Reasons.KeyCompromised.Code, "A certificate on this key was revoked because the key is in other hands.");

    /// <summary>Of two requests for one key at the same instant, the second: it has to ask again, and learns then what became of the first.</summary>
    public static Refusal Taken { get; } = new(Reasons.Unavailable.Code, "Another request for a certificate on this key is under way.");

    /// <summary>
    /// A key that is certified already, for whom is it asked again? A device whose answer was lost asks again soon, the same way; an operator gets
    /// another certificate for the same request, as on AWS; who renews with its key does so where that is allowed. Everybody else shares a key.
    /// </summary>
    /// <param name="before">Certificates on the key that were signed here.</param>
    /// <param name="foreign">Ids of those that somebody else has signed.</param>
    public static Refusal? Decide(
        IReadOnlyList<CertificateSigned> before, IReadOnlyList<string> foreign, Command request, SubjectName subject, bool allowsReuse, DateTimeOffset now)
    {
        var flow = request.Flow;
        if (allowsReuse && (before.Any(certificate => certificate.CertificateId == flow.PrincipalId) || foreign.Contains(flow.PrincipalId))) return null;
        return foreign.Count == 0 && before.All(IsAskedAgain) ? null
            : new(Reasons.KeyShared.Code, "The public key of this request is in another certificate already: every device has a key of its own.");

        bool IsAskedAgain(CertificateSigned certificate) => certificate.RequestedBy == flow.PrincipalId
            && CertificateText.Read(certificate.Certificate).Subject.Attributes.SequenceEqual(subject.Attributes)
            && (request.Purpose == CertificatePurpose.Operator || (certificate.ClientId == flow.ClientId && now - certificate.SignedAt <= OwnershipToken.Lifetime));
    }

    /// <summary>
    /// Whether a request's own key may be certified; if so, the key is this flow's to certify until that is recorded. One that was made here is new, and needs no look.
    /// </summary>
    public async Task<Refusal?> Refuse(Command request, SubjectName subject, ReadOnlyMemory<byte> subjectPublicKeyInfo, CancellationToken cancellation)
    {
        var hash = SHA256.HashData(subjectPublicKeyInfo.Span);
        if (options.AllowSharedKeys) return (await _keys.Find(hash, holder: null, cancellation)).IsBlocked ? Compromised : null;
        var known = await Claim(hash, request.Flow.FlowId, cancellation);
        var refusal = await Refuse(known, request, subject, cancellation);
        if (refusal is not null && known.IsClaimed) await KeyClaims.Release(store.DataSource, hash, request.Flow.FlowId, cancellation);
        return refusal ?? (known.IsClaimed ? null : Taken);
    }

    /// <summary>
    /// Whether a certificate that was prepared and left unsigned may still be signed: its claim on the key has lapsed, and somebody else may have been served meanwhile. If so, the key is its
    /// flow's until that is recorded.
    /// </summary>
    /// <returns>Null while another request for the key is under way.</returns>
    public async Task<bool?> IsStillFree(CertificatePrepared intent, CancellationToken cancellation)
    {
        var hash = SHA256.HashData(CertificateText.ReadTbs(intent.Tbs).SubjectPublicKeyInfo.Span);
        if (options.AllowSharedKeys) return !(await _keys.Find(hash, holder: null, cancellation)).IsBlocked;
        var known = await Claim(hash, intent.FlowId, cancellation);
        var isFree = !known.IsBlocked && known.Certificates.All(certificate => options.AllowKeyReuse && certificate == intent.RequestedBy);
        if (!isFree && known.IsClaimed) await KeyClaims.Release(store.DataSource, hash, intent.FlowId, cancellation);
        return isFree && !known.IsClaimed ? null : isFree;
    }

    // Who had the key before, and let the time pass, is told so by his own stream before anybody else is served.
    async Task<KnownKey> Claim(byte[] hash, string? holder, CancellationToken cancellation)
    {
        var known = await _keys.Find(hash, holder, cancellation);
        if (known is not { IsClaimed: true, Lapsed: { } lapsed } || CertificateId.IsWellFormed(lapsed)) return known;
        await _giveUp.Handle(lapsed, "It took too long, and its key is another request's now.", cancellation);
        return await _keys.Find(hash, holder, cancellation); // it may have been done with a moment before
    }

    async Task<Refusal?> Refuse(KnownKey known, Command request, SubjectName subject, CancellationToken cancellation)
    {
        if (known.IsBlocked) return Compromised;
        if (known.Certificates.Count == 0) return null;
        var before = await store.FetchAsync<Certificate, CertificateEvent>([.. known.Certificates.Select(Certificate.StreamOf)], cancellation);
        var ours = before.Select(certificate => certificate.Aggregate.Signed).OfType<CertificateSigned>().ToArray();
        string[] foreign = [.. known.Certificates.Except(ours.Select(certificate => certificate.CertificateId), StringComparer.Ordinal)];
        return Decide(ours, foreign, request, subject, options.AllowKeyReuse, clock.GetUtcNow());
    }

    /// <summary>Whether a certificate of somebody else's may have a key now that was free a moment ago.</summary>
    /// <param name="held">For how long the key has been claimed.</param>
    public static Decision<KeyEvent> Decide(DeviceKey key, string certificateId, TimeSpan held, DateTimeOffset now)
    {
        if (key.IsBlocked) return Compromised;
        if (held >= KeyClaims.Lifetime) return Taken;
        return new KeyRegistered(certificateId, now);
    }

    /// <summary>What is wrong with the key of somebody else's certificate, and which certificates are on it.</summary>
    /// <param name="subjectPublicKeyInfo">In DER.</param>
    /// <param name="registering">The certificate that will be registered on it; null: none. Where nothing is against the key it is this one's from now on, as if it had been signed here.</param>
    public async Task<(Refusal? Refusal, IReadOnlyList<string> Certificates)> Examine(ReadOnlyMemory<byte> subjectPublicKeyInfo, string? registering, CancellationToken cancellation)
    {
        var hash = SHA256.HashData(subjectPublicKeyInfo.Span);
        var holder = options.AllowSharedKeys ? null : registering;
        var began = clock.GetTimestamp();
        var known = await Claim(hash, holder, cancellation);
        var refusal = known.IsBlocked ? Compromised
            : FindWeakness(subjectPublicKeyInfo) is { } weak ? new(Reasons.WeakKey.Code, weak)
            : holder is not null && !known.IsClaimed ? Taken
            : null;
        if (!known.IsClaimed) return (refusal, known.Certificates);

        // Where there are others the registry decides, who knows their things.
        if (refusal is null && known.Certificates.Count == 0)
            refusal = (await store.WriteToAggregate<DeviceKey, KeyEvent>(DeviceKey.StreamOf(Convert.ToHexStringLower(hash)),
                key => Decide(key, holder!, clock.GetElapsedTime(began), clock.GetUtcNow()), new() { Actor = "thing-registry" }, cancellation)).Refusal;
        else await KeyClaims.Release(store.DataSource, hash, holder!, cancellation);
        return (refusal, known.Certificates);
    }

    string? FindWeakness(ReadOnlyMemory<byte> subjectPublicKeyInfo)
    {
        try
        {
            return KeyPolicy.FindFault(PublicKey.Read(subjectPublicKeyInfo.Span)) ?? profiles.FindListed(subjectPublicKeyInfo);
        }
        catch (System.Formats.Asn1.AsnContentException)
        {
            return "It is no public key.";
        }
    }
}
