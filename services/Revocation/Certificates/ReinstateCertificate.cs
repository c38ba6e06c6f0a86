using FleetPlatform.Contracts;
using FleetPlatform.Contracts.Revocation;
using FleetPlatform.Events;
using FleetPlatform.ServiceDefaults;

namespace FleetPlatform.Revocation.Certificates;

/// <summary>Lifts a hold. What is trusted stays so; what is revoked stays revoked.</summary>
static class ReinstateCertificate
{
    public static Decision<RevocationEvent> Decide(string certificateId, string requestedBy, CertificateTrust trust, DateTimeOffset now) => trust.Reason switch
    {
        null => Decision<RevocationEvent>.Nothing,
        RevocationReason.CertificateHold => new CertificateReinstated(certificateId, now, requestedBy),
        _ => Reasons.CertificateState.Because("The certificate was revoked; that is final."),
    };
}
