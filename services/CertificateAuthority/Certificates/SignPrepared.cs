using FleetPlatform.CertificateAuthority.Issuers;
using FleetPlatform.Contracts;
using FleetPlatform.Events;
using FleetPlatform.Pki;

namespace FleetPlatform.CertificateAuthority.Certificates;

/// <summary>For whom a certificate is signed, as its events tell it.</summary>
/// <param name="FlowId">The flow; names the stream.</param>
/// <param name="By">Certificate id of the connection that asked, an operator's access key id, or a part of the platform.</param>
/// <param name="CommonName">What the request calls the device.</param>
/// <param name="Registers">True: an operator, for a device that is registered in the same flow.</param>
readonly record struct Asker(string FlowId, string By, string? SessionId = null, string? ClientId = null, string? CommonName = null, bool Registers = false)
{
    /// <summary>A part of the platform itself, in a flow of its own.</summary>
    public static Asker Own(string name) => new(Guid.CreateVersion7().ToString("N"), name);

    public EventMetadata Metadata => new() { CorrelationId = FlowId, CausationId = SessionId, Actor = By };
}

/// <summary>Records the intent, signs, records the fact: the one way to a certificate's signature.</summary>
sealed class SignPrepared(EventStore store, IssuerRing ring, TimeProvider clock)
{
    /// <param name="began">When the request came, as <see cref="TimeProvider.GetTimestamp"/> counts.</param>
    /// <exception cref="ConcurrencyException">The flow was taken up before, or was given up because it took too long: nothing that was signed is recorded.</exception>
    /// <exception cref="PkiException">The authority was revoked while this went on.</exception>
    public async Task<CertificateSigned> Handle(
        ActiveIssuer issuer, string profile, PreparedCertificate prepared, Asker asker, KeyOrigin origin, long began, CancellationToken cancellation)
    {
        var intent = new CertificatePrepared
        {
            FlowId = asker.FlowId, SerialNumber = prepared.SerialNumber, IssuerId = issuer.Id, Profile = profile, KeyOrigin = origin,
            Tbs = prepared.Tbs, RequestedBy = asker.By, SessionId = asker.SessionId, ClientId = asker.ClientId, CommonName = asker.CommonName, PreparedAt = clock.GetUtcNow(),
            ForRegistration = asker.Registers ? true : null,
        };
        var opening = store.OpenSession(asker.Metadata);
        opening.StartStream(Issuance.StreamOf(asker.FlowId), intent); // flows are fresh: no fetch, and a repeated request ends here
        await opening.SaveChangesAsync(cancellation);

        if (ring.IsRevoked(issuer))
        {
            var ending = store.OpenSession(asker.Metadata);
            ending.Append(Issuance.StreamOf(asker.FlowId), expectedVersion: 1, new CertificateAbandoned { Reason = "Its issuer was revoked meanwhile." });
            await ending.SaveChangesAsync(cancellation);
            throw new PkiException(Reasons.Unavailable.Code, "The authority was revoked while this request was under way. Ask again.");
        }

        var signed = Describe(intent, prepared, issuer.Signer.Sign(prepared), clock.GetUtcNow());
        var closing = store.OpenSession(asker.Metadata);
        Close(closing, signed, clock.GetElapsedTime(began));
        await closing.SaveChangesAsync(cancellation);
        return signed;
    }

    /// <summary>The fact, on both streams. The issuance's expected version lets one of two finishers win, whoever it is.</summary>
    public static void Close(EventSession session, CertificateSigned signed, TimeSpan duration)
    {
        session.StartStream(Certificate.StreamOf(signed.CertificateId), signed);
        session.Append(Issuance.StreamOf(signed.FlowId), expectedVersion: 1,
            new IssuanceCompleted { CertificateId = signed.CertificateId, DurationMilliseconds = Math.Round(duration.TotalMilliseconds, 3) });
    }

    public static CertificateSigned Describe(CertificatePrepared intent, PreparedCertificate prepared, byte[] der, DateTimeOffset now) => new()
    {
        CertificateId = CertificateId.Of(der), Certificate = der, SerialNumber = intent.SerialNumber, IssuerId = intent.IssuerId,
        Profile = intent.Profile, NotBefore = prepared.NotBefore, NotAfter = prepared.NotAfter, SignedAt = now, FlowId = intent.FlowId,
        RequestedBy = intent.RequestedBy, SessionId = intent.SessionId, ClientId = intent.ClientId,
        ForRegistration = intent.ForRegistration,
    };
}
