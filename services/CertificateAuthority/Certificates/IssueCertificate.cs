using System.Security.Cryptography;
using FleetPlatform.CertificateAuthority.Issuers;
using FleetPlatform.CertificateAuthority.Keys;
using FleetPlatform.Contracts;
using FleetPlatform.Contracts.CertificateAuthority;
using FleetPlatform.Events;
using FleetPlatform.Pki;
using FleetPlatform.ServiceDefaults;
using Command = FleetPlatform.Contracts.CertificateAuthority.IssueCertificate;

namespace FleetPlatform.CertificateAuthority.Certificates;

/// <summary>A request that may be granted: what the certificate will be about.</summary>
/// <param name="Subject">Its subject.</param>
/// <param name="SubjectPublicKeyInfo">Its key, in DER.</param>
/// <param name="CommonName">What the request calls its device; null when it does not say.</param>
/// <param name="SealedPrivateKey">Of a pair made here: the private half in PEM, sealed to the asker already. It exists in no other form.</param>
readonly record struct Grantable(SubjectName Subject, ReadOnlyMemory<byte> SubjectPublicKeyInfo, string? CommonName = null, byte[]? SealedPrivateKey = null);

/// <summary>Issues one certificate: checks, records the intent, signs, records the fact, answers.</summary>
sealed class IssueCertificate(EventStore store, SignPrepared sign, IssuerRing ring, Profiles profiles, KeyRules keys, RsaPool rsaPool, ClaimLimits limits,
    OwnershipTokenOptions token, CertificateAuthorityOptions options, Metrics metrics, TimeProvider clock)
{
    static readonly SubjectName Nameless = SubjectName.OfCommonName("FleetPlatform Device");
    static readonly SubjectName OurKey = SubjectName.OfCommonName("FleetPlatform Device Certificate");

    readonly byte[] _tokenKey = Convert.FromBase64String(token.Key);

    // The rule for a request that brings its own key. No I/O, no clock: everything it needs is an argument.
    public static Grantable Check(string csr)
    {
        var request = SigningRequest.Read(csr);
        return new(request.Subject.IsEmpty ? Nameless : request.Subject, request.SubjectPublicKeyInfo, request.Subject.CommonName);
    }

    public async Task<IssueCertificateAnswer> Handle(Command command, CancellationToken cancellation)
    {
        var began = clock.GetTimestamp();
        try
        {
            // 1. May this asker ask, and is the request sound? Cheapest checks first.
            if (command.Purpose != CertificatePurpose.Registration && !limits.Admits(command.Flow.PrincipalId))
                return await Refuse(command, Reasons.TooManyRequests.Code, "This claim asks for more certificates than its limit allows.", cancellation);

            // 2. The key: the asker's, or one of ours.
            var grantable = command.CertificateSigningRequest is { } csr ? Check(csr) : await MakeKey(command, cancellation);
            if (command.AskersKeyHash is { } held && !options.AllowKeyReuse && SHA256.HashData(grantable.SubjectPublicKeyInfo.Span).AsSpan().SequenceEqual(held))
                return await Refuse(command, Reasons.KeyReused.Code, "The CSR holds the key of the certificate that this connection uses.", cancellation);

            var profile = profiles.Of(command.Purpose);
            profiles.Check(profile, grantable.Subject, grantable.SubjectPublicKeyInfo);
            if (grantable.SealedPrivateKey is null && await keys.Refuse(command, grantable.Subject, grantable.SubjectPublicKeyInfo, cancellation) is { } refused)
                return await Refuse(command, refused.Code, refused.Detail, cancellation);

            // 3. Decide every octet, and hold them against the rules.
            var issuer = ring.For(profile.Name);
            var prepared = issuer.Signer.Prepare(profile, grantable.Subject, grantable.SubjectPublicKeyInfo, [], clock.GetUtcNow(), profiles.PointsOf(issuer.Id));

            // 4. Record the intent, sign, record the fact.
            var origin = grantable.SealedPrivateKey is null ? KeyOrigin.Requester : KeyOrigin.Authority;
            var asker = AskerOf(command.Flow) with { CommonName = grantable.CommonName, Registers = command.Purpose == CertificatePurpose.Registration };
            var signed = await sign.Handle(issuer, profile.Name, prepared, asker, origin, began, cancellation);
            metrics.Issued(profile.Name, clock.GetElapsedTime(began));
            return Answer(command, signed, grantable);
        }
        catch (PkiException refusal)
        {
            return await Refuse(command, refusal.Code, refusal.Message, cancellation);
        }
        catch (ConcurrencyException conflict) when (conflict.StreamId == Issuance.StreamOf(command.Flow.FlowId))
        {
            return await Repeat(command, cancellation);
        }
    }

    async Task<Grantable> MakeKey(Command command, CancellationToken cancellation)
    {
        if (command.SealTo is not { } sealTo)
            throw new PkiException(Reasons.InvalidRequest.Code, "Without a CSR the request must say to whom the private key is sealed.");
        using var key = command.KeyAlgorithm switch
        {
            KeyAlgorithm.EcdsaP256 => KeyPair.CreateEcdsaP256(),
            KeyAlgorithm.Rsa2048 => await rsaPool.Take(cancellation)
                ?? throw new PkiException(Reasons.TooManyRequests.Code, "No RSA key pair is ready. EC keys need no waiting."),
            _ => throw new PkiException(Reasons.InvalidRequest.Code, "Key pairs are made for EC on P-256 and for RSA with 2048 bits."),
        };
        var pem = key.ExportPrivateKeyPem();
        try
        {
            return new(OurKey, key.SubjectPublicKeyInfo, SealedPrivateKey: SealedSecret.Seal(sealTo, pem, command.Flow.FlowId));
        }
        finally
        {
            CryptographicOperations.ZeroMemory(pem);
        }
    }

    IssueCertificateAnswer Answer(Command command, CertificateSigned signed, Grantable granted) => new()
    {
        CertificateId = signed.CertificateId,
        CertificatePem = Pem.WriteCertificate(signed.Certificate),
        NotAfter = signed.NotAfter,
        OwnershipToken = command.Purpose != CertificatePurpose.Device ? null
            : OwnershipToken.Mint(_tokenKey, signed.CertificateId, command.Flow.PrincipalId, command.Flow.FlowId, clock.GetUtcNow()),
        SealedPrivateKey = granted.SealedPrivateKey,
        PublicKeyPem = granted.SealedPrivateKey is null ? null : Pem.Write(Pem.PublicKey, granted.SubjectPublicKeyInfo.Span),
    };

    // The same request again, delivered twice by the broker, or asked again because its asker crashed. A certificate for the asker's own key can
    // be given again; a private key cannot.
    async Task<IssueCertificateAnswer> Repeat(Command command, CancellationToken cancellation)
    {
        var issuance = await store.AggregateStreamAsync<Issuance, IssuanceEvent>(Issuance.StreamOf(command.Flow.FlowId), cancellation);
        if (issuance is { Prepared: { KeyOrigin: KeyOrigin.Requester } intent } && intent.RequestedBy == command.Flow.PrincipalId && command.CertificateSigningRequest is { } csr)
        {
            var asked = Check(csr);
            if (!CertificateText.ReadTbs(intent.Tbs).SubjectPublicKeyInfo.Span.SequenceEqual(asked.SubjectPublicKeyInfo.Span))
                return new() { Refused = Reasons.InvalidRequest.ToRefused("This flow has asked for a certificate before, for another key.") };
            if (await FindSigned(issuance, intent, cancellation) is { } signed) return Answer(command, signed, asked);
        }

        return new() { Refused = Reasons.Unavailable.ToRefused("This request was taken up before. Ask anew.") };
    }

    // What was prepared and not signed is finished here and now, on the prepared octets; of two who do so at once, the stream lets one win.
    async Task<CertificateSigned?> FindSigned(Issuance issuance, CertificatePrepared intent, CancellationToken cancellation)
    {
        if (issuance.IsOpen)
        {
            if (ring.Find(intent.IssuerId) is not { } issuer || ring.IsRevoked(issuer) || await keys.IsStillFree(intent, cancellation) != true) return null;
            var prepared = issuer.Signer.Resume(intent.Tbs);
            var signed = SignPrepared.Describe(intent, prepared, issuer.Signer.Sign(prepared), clock.GetUtcNow());
            var session = store.OpenSession(new() { CorrelationId = intent.FlowId, CausationId = intent.SessionId, Actor = intent.RequestedBy });
            SignPrepared.Close(session, signed, clock.GetUtcNow() - intent.PreparedAt);
            try
            {
                await session.SaveChangesAsync(cancellation);
                return signed;
            }
            catch (ConcurrencyException)
            {
                issuance = await store.AggregateStreamAsync<Issuance, IssuanceEvent>(Issuance.StreamOf(intent.FlowId), cancellation);
            }
        }

        return issuance.CertificateId is { } id
            ? (await store.AggregateStreamAsync<Certificate, CertificateEvent>(Certificate.StreamOf(id), cancellation)).Signed
            : null;
    }

    async Task<IssueCertificateAnswer> Refuse(Command command, string code, string detail, CancellationToken cancellation)
    {
        metrics.Refused(code);
        var flow = command.Flow;
        if (limits.RecordsRefusalOf(flow.PrincipalId))
        {
            var session = store.OpenSession(AskerOf(flow).Metadata);
            session.StartStream(Issuance.StreamOf(flow.FlowId), new IssuanceRefused
            {
                FlowId = flow.FlowId, Code = code, Detail = detail, RequestedBy = flow.PrincipalId, SessionId = flow.SessionId, ClientId = flow.ClientId,
                CommonName = SigningRequest.FindCommonName(command.CertificateSigningRequest),
                Renews = flow.Things is { Count: > 0 } ? true : null,
            });
            try
            {
                await session.SaveChangesAsync(cancellation);
            }
            catch (ConcurrencyException)
            {
                // the same request again: its refusal is on record
            }
        }

        return new() { Refused = new() { Code = code, Detail = detail } };
    }

    static Asker AskerOf(FlowContext flow) => new(flow.FlowId, flow.PrincipalId, flow.SessionId, flow.ClientId);
}
