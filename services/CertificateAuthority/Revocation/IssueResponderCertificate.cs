using FleetPlatform.CertificateAuthority.Certificates;
using FleetPlatform.CertificateAuthority.Issuers;
using FleetPlatform.Contracts;
using FleetPlatform.Contracts.CertificateAuthority;
using FleetPlatform.Events;
using FleetPlatform.Pki;
using FleetPlatform.ServiceDefaults;
using MassTransit;
using Command = FleetPlatform.Contracts.CertificateAuthority.IssueResponderCertificate;

namespace FleetPlatform.CertificateAuthority.Revocation;

/// <summary>The certificate of an OCSP responder, for the revocation service alone: it may answer for this authority for a few days.</summary>
sealed class IssueResponderCertificate(SignPrepared sign, IssuerRing ring, Profiles profiles, TimeProvider clock)
{
    const string Service = "revocation";
    static readonly SubjectName Name = SubjectName.OfCommonName("FleetPlatform OCSP Responder");

    /// <returns>The certificate's DER, or why not.</returns>
    public async Task<(byte[]? Der, Refusal? Refusal)> Handle(Command command, CancellationToken cancellation)
    {
        if (ring.Find(command.IssuerId) is not { } issuer) return (null, Reasons.NotFound.Because("This authority signs nothing here."));
        var began = clock.GetTimestamp();
        SigningRequest request;
        try
        {
            request = SigningRequest.Read(command.CertificateSigningRequest);
        }
        catch (PkiException wrong)
        {
            return (null, new(wrong.Code, wrong.Message));
        }

        var prepared = issuer.Signer.Prepare(profiles.Responder, Name, request.SubjectPublicKeyInfo, [], clock.GetUtcNow());
        var signed = await sign.Handle(issuer, profiles.Responder.Name, prepared, Asker.Own(Service), KeyOrigin.Requester, began, cancellation);
        return (signed.Certificate, null);
    }
}

sealed class IssueResponderCertificateConsumer(IssueResponderCertificate issue) : IConsumer<Command>
{
    public async Task Consume(ConsumeContext<Command> context)
    {
        var (der, refusal) = await issue.Handle(context.Message, context.CancellationToken);
        await (der is null
            ? context.RespondAsync(Reasons.Of(refusal!.Code).ToRefused(refusal.Detail))
            : context.RespondAsync(new ResponderCertificateIssued { CertificatePem = Pem.WriteCertificate(der) }));
    }
}
