using FleetPlatform.Pki;
using FleetPlatform.ThingRegistry.Principals;
using Command = FleetPlatform.Contracts.ThingRegistry.ApplyProvisioning;

namespace FleetPlatform.ThingRegistry.Provisioning;

/// <summary>
/// A registration that names a certificate which is registered already. An operator's word is enough for one that somebody uses; never for one
/// that is gone or revoked.
/// </summary>
static class RegisteredCertificate
{
    public static Refusal? Refuse(Command command, Principal principal)
    {
        if (principal.WasRevoked) return ApplyProvisioning.NotPending(principal with { Status = PrincipalStatus.Revoked });
        if (!principal.Exists) return Principal.Missing(command.CertificateId);
        return principal.Status != PrincipalStatus.PendingActivation && command.OverrideStatus == ResourceOverride.Fail
            ? new(Reasons.ResourceConflict.Code, $"Certificate {command.CertificateId} is registered already, and the template says FAIL.")
            : null;
    }

    public static ProvisionedCertificate Read(string pem)
    {
        var certificate = CertificateText.ReadPem(pem);
        return new(pem, certificate.NotBefore, certificate.NotAfter);
    }

    /// <summary>The template's status for one that waits, or where the template says REPLACE; else its own.</summary>
    public static CertificateStatus StatusOf(Command command, PrincipalStatus status) => (status, command.OverrideStatus) switch
    {
        (PrincipalStatus.Active, not ResourceOverride.Replace) => CertificateStatus.Active,
        (PrincipalStatus.Inactive, not ResourceOverride.Replace) => CertificateStatus.Inactive,
        _ => command.CertificateStatus,
    };
}
