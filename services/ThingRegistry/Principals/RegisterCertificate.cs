using FleetPlatform.Pki;
using Command = FleetPlatform.Contracts.ThingRegistry.RegisterCertificate;

namespace FleetPlatform.ThingRegistry.Principals;

/// <summary>
/// Registers a certificate for an operator: one of this platform's own, one of a foreign CA, or a trusted user's temporary claim. Only
/// the certificate is taken; that the holder has its key is proved at every connect.
/// </summary>
static class RegisterCertificate
{
    /// <param name="certificate">What the command's PEM says.</param>
    /// <param name="claimLifetime">How long a temporary claim works.</param>
    public static Decision<PrincipalEvent> Decide(
        Command command, CertificateText certificate, Principal principal, TimeSpan claimLifetime, DateTimeOffset now)
    {
        if (command.Status is not (CertificateStatus.Active or CertificateStatus.Inactive))
            return new Refusal(Reasons.CertificateState.Code, "A certificate is registered as ACTIVE or INACTIVE.");
        if (Refuse(certificate, now) is { } unfit) return unfit;
        if (principal.WasRevoked)
            return new Refusal(Reasons.CertificateState.Code, "The certificate was revoked; that is final.");
        if (principal.Exists)
            return new Refusal(Reasons.AlreadyExists.Code, "The certificate is registered already.");

        return new PrincipalRegistered(command.Status.ToRecorded(), command.CertificatePem, certificate.NotBefore, certificate.NotAfter, now,
            FlowId: null, command.ClaimForTemplate, command.ClaimForTemplate is null ? null : now + claimLifetime,
            command.CaCertificateId, command.Mode == CertificateMode.SniOnly);
    }

    /// <summary>Why no device can have it, whatever is registered here.</summary>
    public static Refusal? Refuse(CertificateText certificate, DateTimeOffset now) =>
        certificate.IsAuthority ? new(Reasons.CertificateInvalid.Code, "This is the certificate of an authority; register a device's.")
        : certificate.NotAfter <= now ? new(Reasons.CertificateInvalid.Code, "The certificate has expired.")
        : null;

    public static async Task<(string CertificateId, Written<Principal, PrincipalEvent> Written)> Handle(
        Command command, Registry registry, ThingRegistryOptions options, CancellationToken cancellation)
    {
        byte[] der;
        CertificateText certificate;
        try
        {
            der = Pem.ReadCertificate(command.CertificatePem);
            certificate = CertificateText.Read(der);
        }
        catch (PkiException wrong)
        {
            return ("", new(new Refusal(Reasons.CertificateInvalid.Code, wrong.Message), Principal.Initial, 0));
        }

        var id = CertificateId.Of(der);
        return (id, await registry.WritePrincipal(id, command.RequestedBy,
            principal => Decide(command, certificate, principal, options.ClaimLifetime, registry.Now), cancellation));
    }
}

sealed class RegisterCertificateConsumer(Registry registry, ThingRegistryOptions options, KeyExamination keys) : IConsumer<Command>
{
    public async Task Consume(ConsumeContext<Command> context)
    {
        var der = Pem.TryReadOnly(context.Message.CertificatePem, Pem.Certificate) ?? [];
        var (id, written) = await keys.Guard<(string, Written<Principal, PrincipalEvent>)>(der, badKey => ("", new(badKey, Principal.Initial, 0)),
            () => RegisterCertificate.Handle(context.Message, registry, options, context.CancellationToken), context.CancellationToken);
        await context.Answer(written, principal => principal.Describe(id));
    }
}
