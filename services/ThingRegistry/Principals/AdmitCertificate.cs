using FleetPlatform.Pki;
using Command = FleetPlatform.Contracts.ThingRegistry.AdmitCertificate;

namespace FleetPlatform.ThingRegistry.Principals;

/// <summary>
/// Records a certificate of a registered authority at its first connection (aws-protocol 5.2): pending, until its template or an operator makes
/// more of it; or one that an operator brings. A certificate that is known stays as it is.
/// </summary>
static class AdmitCertificate
{
    public static Decision<PrincipalEvent> Decide(Command command, CertificateText certificate, Principal principal, DateTimeOffset now)
    {
        if (principal.WasRevoked) return new Refusal(Reasons.CertificateNotActive.Code, "The certificate was revoked; that is final.");
        if (principal.Exists) return Decision<PrincipalEvent>.Nothing;
        if (RegisterCertificate.Refuse(certificate, now) is { } unfit) return unfit;
        return new PrincipalRegistered(PrincipalStatus.PendingActivation, Pem.WriteCertificate(command.Certificate), certificate.NotBefore, certificate.NotAfter, now,
            CaCertificateId: command.CaCertificateId, SniOnly: command.Mode == CertificateMode.SniOnly);
    }

    public static async Task<AdmitCertificateAnswer> Handle(Command command, Registry registry, Grants grants, CancellationToken cancellation)
    {
        CertificateText certificate;
        try
        {
            certificate = CertificateText.Read(command.Certificate);
        }
        catch (PkiException wrong)
        {
            return new() { Refused = Reasons.CertificateInvalid.ToRefused(wrong.Message) };
        }

        var id = CertificateId.Of(command.Certificate);
        var written = await registry.WritePrincipal(id, command.RequestedBy ?? "mqtt-gateway", principal => Decide(command, certificate, principal, registry.Now), cancellation);
        return written.Refusal is { } refusal
            ? new() { Refused = refusal.ToRefused() }
            : new() { Grant = (await grants.Find(registry.Database, [id], cancellation)).GetValueOrDefault(id) };
    }
}

sealed class AdmitCertificatesConsumer(Registry registry, Grants grants, KeyExamination keys) : IConsumer<AdmitCertificates>
{
    public Task Consume(ConsumeContext<AdmitCertificates> context) =>
        context.AnswerEach<Command, AdmitCertificateAnswer, AdmitCertificatesAnswer>(
            item => keys.Guard<AdmitCertificateAnswer>(item.Certificate, badKey => new() { Refused = badKey.ToRefused() },
                () => AdmitCertificate.Handle(item, registry, grants, context.CancellationToken), context.CancellationToken),
            refused => new() { Refused = refused });
}
