namespace FleetPlatform.ThingRegistry.Principals;

/// <summary>What happened to a registered certificate. Recorded on <c>principal-{certificateId}</c>.</summary>
abstract record PrincipalEvent : RegistryEvent;

/// <summary>Recorded by name, so a name never changes.</summary>
enum PrincipalStatus
{
    /// <summary>Nobody has told us of this certificate.</summary>
    Unknown = 0,
    PendingActivation = 1,
    Active = 2,
    Inactive = 3,
    Revoked = 4,

    /// <summary>Deleted by an operator, or expired unclaimed.</summary>
    Gone = 5,
}

/// <summary>
/// The certificate is known. ClaimForTemplate and ExpiresAt are those of a trusted user's temporary claim; CaCertificateId names the registered
/// authority it was signed under.
/// </summary>
sealed record PrincipalRegistered(
    PrincipalStatus Status,
    string CertificatePem,
    DateTimeOffset NotBefore,
    DateTimeOffset NotAfter,
    DateTimeOffset At,
    string? FlowId = null,
    string? ClaimForTemplate = null,
    DateTimeOffset? ExpiresAt = null,
    string? CaCertificateId = null,
    bool SniOnly = false) : PrincipalEvent;

/// <summary>The certificate itself, when news of its issuance came after its registration.</summary>
sealed record CertificateRecorded(string CertificatePem, DateTimeOffset NotBefore, DateTimeOffset NotAfter, DateTimeOffset IssuedAt, string FlowId) : PrincipalEvent;

/// <summary>A template registered the certificate, with everything it is attached to: one fact, so that no reader sees half of it.</summary>
/// <param name="Resources">SHA-256 of what was asked for; the same question again is answered, another one refused.</param>
/// <param name="RenewalOf">The certificate of the same thing whose connection asked; null for a first one.</param>
/// <param name="WatchUntil">Of a renewal: until then gateways report whether the device uses it.</param>
/// <param name="Registered">True: an operator named a certificate that gateways may know already.</param>
/// <param name="Certificate">One that was signed for this registration; null: it is known, or news of it comes.</param>
sealed record PrincipalProvisioned(
    PrincipalStatus Status,
    string FlowId,
    string TemplateName,
    int TemplateVersion,
    string Resources,
    AttachedThing? Thing,
    IReadOnlyList<AttachedPolicy> Policies,
    DateTimeOffset At,
    string? RenewalOf = null,
    DateTimeOffset? WatchUntil = null,
    bool? Registered = null,
    ProvisionedCertificate? Certificate = null) : PrincipalEvent;

/// <summary>The certificate was used to register another one for its thing; both work until the rotation ends.</summary>
/// <param name="By">The other certificate.</param>
/// <param name="WatchUntil">Until then gateways report which of the two the device uses.</param>
sealed record PrincipalRenewed(string By, DateTimeOffset WatchUntil, DateTimeOffset At) : PrincipalEvent;

/// <summary>ThingId tells a thing from one that was deleted and registered again under the same name.</summary>
sealed record AttachedThing(string ThingName, Guid ThingId, bool Exclusive);

sealed record ProvisionedCertificate(string Pem, DateTimeOffset NotBefore, DateTimeOffset NotAfter);

/// <summary>Incarnation tells a policy from one that was deleted and created again under the same name.</summary>
sealed record AttachedPolicy(string PolicyName, int Incarnation);

sealed record ThingAttached(string ThingName, Guid ThingId, bool Exclusive, DateTimeOffset At) : PrincipalEvent;

sealed record ThingDetached(string ThingName, DateTimeOffset At) : PrincipalEvent;

sealed record PolicyAttached(string PolicyName, int Incarnation, DateTimeOffset At) : PrincipalEvent;

sealed record PolicyDetached(string PolicyName, DateTimeOffset At) : PrincipalEvent;

sealed record StatusChanged(PrincipalStatus Status, DateTimeOffset At) : PrincipalEvent;

/// <summary>Was says whether there was still anything to revoke: of a certificate that is gone only the memory stays.</summary>
sealed record PrincipalRevoked(PrincipalStatus Was, DateTimeOffset At) : PrincipalEvent;

/// <summary>Put on hold (certificateHold). Was is the status it had, and gets back when the hold is lifted; of a certificate that is gone only the memory stays.</summary>
/// <param name="TrustVersion">Of the change at the revocation service: what is older is old news. Null: recorded before versions were.</param>
sealed record PrincipalSuspended(PrincipalStatus Was, DateTimeOffset At, long? TrustVersion = null) : PrincipalEvent;

/// <summary>The hold was lifted, perhaps one that we have not heard of yet. Status is what it has now; of a certificate that is gone only the memory stays.</summary>
/// <param name="TrustVersion">As of a hold.</param>
sealed record PrincipalReinstated(PrincipalStatus Status, DateTimeOffset At, long? TrustVersion = null) : PrincipalEvent;

/// <summary>Nobody claimed it in time. Was says whether it was pending or a temporary claim that had been usable.</summary>
sealed record PrincipalExpired(PrincipalStatus Was, DateTimeOffset At) : PrincipalEvent;

sealed record PrincipalDeleted(DateTimeOffset At) : PrincipalEvent;
