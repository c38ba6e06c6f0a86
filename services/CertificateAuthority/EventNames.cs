using FleetPlatform.CertificateAuthority.Certificates;
using FleetPlatform.CertificateAuthority.Issuers;
using FleetPlatform.CertificateAuthority.Keys;
using FleetPlatform.CertificateAuthority.Revocation;
using FleetPlatform.CertificateAuthority.Transparency;
using FleetPlatform.CertificateAuthority.Trust;
using FleetPlatform.Events;

namespace FleetPlatform.CertificateAuthority;

/// <summary>The stored names of this service's events. Never changed; a new shape gets a new name.</summary>
static class EventNames
{
    public const string CertificatePrepared = "certificate.prepared.v1";
    public const string CertificateAbandoned = "certificate.abandoned.v1";
    public const string CertificateSigned = "certificate.signed.v1";
    public const string IssuanceCompleted = "issuance.completed.v1";
    public const string KeyBlocked = "key.blocked.v1";
    public const string KeyRegistered = "key.registered.v1";

    public static EventTypes All { get; } = new EventTypes()
        .Map<IssuerCreated>("issuer.created.v1")
        .Map<IssuerRequested>("issuer.requested.v1")
        .Map<IssuerInstalled>("issuer.installed.v1")
        .Map<SigningAssigned>("signing.assigned.v1")
        .Map<RootListInstalled>("root-list.installed.v1")
        .Map<CertificatePrepared>(CertificatePrepared)
        .Map<IssuanceCompleted>(IssuanceCompleted)
        .Map<CertificateAbandoned>(CertificateAbandoned)
        .Map<IssuanceRefused>("issuance.refused.v1")
        .Map<CertificateSigned>(CertificateSigned)
        .Map<KeyBlocked>(KeyBlocked)
        .Map<KeyRegistered>(KeyRegistered)
        .Map<RevocationListApproved>("list.approved.v1")
        .Map<CheckpointApproved>("checkpoint.approved.v1")
        .Map<AuthorityRegistered>("authority.registered.v1")
        .Map<AuthorityChanged>("authority.changed.v1")
        .Map<AuthorityDeleted>("authority.deleted.v1")
        .Map<RegistrationCodeDrawn>("registration-code.drawn.v1")
        .Map<RegistrationCodeDeleted>("registration-code.deleted.v1");
}
