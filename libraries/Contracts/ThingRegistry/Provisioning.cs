using MassTransit;

namespace FleetPlatform.Contracts.ThingRegistry;

/// <summary>Registers what templates rendered to, each item in one transaction.</summary>
[MessageUrn("fleet:apply-provisionings:v1", useDefaultPrefix: false)]
public sealed record ApplyProvisionings : IBatch<ApplyProvisioning>
{
    public required IReadOnlyList<ApplyProvisioning> Items { get; init; }
}

[MessageUrn("fleet:apply-provisionings-answer:v1", useDefaultPrefix: false)]
public sealed record ApplyProvisioningsAnswer : IBatchAnswer<ApplyProvisioningAnswer>
{
    public required IReadOnlyList<ApplyProvisioningAnswer> Items { get; init; }
}

/// <summary>
/// The resources of one device. Idempotent by certificate: the same item again gives the same answer; other resources for a
/// certificate that has been provisioned are refused with <c>token-replayed</c>.
/// </summary>
public sealed record ApplyProvisioning : ITraced
{
    string? ITraced.TraceParent => Flow.TraceParent;

    public required FlowContext Flow { get; init; }
    public required string CertificateId { get; init; }
    public required string TemplateName { get; init; }
    public required int TemplateVersion { get; init; }

    /// <summary>Status for the certificate: <see cref="CertificateStatus.Active"/> or <see cref="CertificateStatus.Inactive"/>.</summary>
    public CertificateStatus CertificateStatus { get; init; } = CertificateStatus.Active;

    /// <summary>True: EXCLUSIVE_THING.</summary>
    public bool ExclusiveThing { get; init; }

    /// <summary>Null when the template has no thing.</summary>
    public ThingToApply? Thing { get; init; }

    public required IReadOnlyList<PolicyToApply> Policies { get; init; }

    /// <summary>
    /// True: no template, but the rotation of the asking connection's own certificate. The new one gets the same thing and the same
    /// policies; <see cref="Thing"/> names the thing, <see cref="Policies"/> is empty.
    /// </summary>
    public bool Renewal { get; init; }

    /// <summary>
    /// True: an operator names a certificate that is registered, pending, ACTIVE or INACTIVE. False: one that was just issued, and that nobody has
    /// made use of.
    /// </summary>
    public bool Registered { get; init; }

    /// <summary>The certificate in PEM, when it was signed for this registration: no other news of it comes. Null: the authority tells of it, or it is known.</summary>
    public string? CertificatePem { get; init; }

    /// <summary>With <see cref="Registered"/>: whether a certificate that is ACTIVE or INACTIVE gets <see cref="CertificateStatus"/>, keeps its own, or refuses.</summary>
    public ResourceOverride OverrideStatus { get; init; }

    /// <summary>What becomes of the certificates that the thing has already.</summary>
    public Reprovisioning Reprovisioning { get; init; }
}

/// <summary>What happens when a device comes again under a name that has a certificate: a factory reset, a new owner, or an impostor.</summary>
public enum Reprovisioning
{
    /// <summary>The old certificates stay as they are, beside the new one; what AWS does.</summary>
    Keep = 0,

    /// <summary>The old certificates are set INACTIVE and detached, in the same transaction; their live connections are closed.</summary>
    Replace = 1,

    /// <summary>The device is refused; the old certificates stay as they are.</summary>
    Refuse = 2,
}

public enum ResourceOverride
{
    /// <summary>Leave what exists.</summary>
    DoNothing = 0,
    Replace = 1,
    Fail = 2,

    /// <summary>Union with what exists; attributes and groups only.</summary>
    Merge = 3,
}

public sealed record ThingToApply
{
    public required string ThingName { get; init; }
    public string? ThingTypeName { get; init; }

    /// <summary>Null when the template has none: then REPLACE leaves what is there. Empty is a value, and REPLACE with it clears.</summary>
    public IReadOnlyDictionary<string, string>? Attributes { get; init; }

    /// <inheritdoc cref="Attributes"/>
    public IReadOnlyList<string>? ThingGroups { get; init; }

    public string? BillingGroup { get; init; }
    public ResourceOverride OverrideAttributes { get; init; }
    public ResourceOverride OverrideThingType { get; init; }
    public ResourceOverride OverrideThingGroups { get; init; }
}

/// <summary>A policy to attach: an existing one by name, or a document that is created under its hash when new.</summary>
public sealed record PolicyToApply
{
    public string? PolicyName { get; init; }
    public string? PolicyDocument { get; init; }
}

public sealed record ApplyProvisioningAnswer
{
    public Refused? Refused { get; init; }
    public PrincipalGrant? Grant { get; init; }
}

public enum CertificateStatus
{
    PendingActivation = 0,
    Active = 1,
    Inactive = 2,
    Revoked = 3,
}

/// <summary>All that the gateway needs to decide what a certificate may do. Immutable; a change comes as a new one.</summary>
public sealed record PrincipalGrant
{
    public required string CertificateId { get; init; }
    public required CertificateStatus Status { get; init; }

    /// <summary>Version of the principal's stream: a grant with a higher one replaces a grant with a lower one.</summary>
    public required long Version { get; init; }

    /// <summary>Policies attached to the certificate, and those of the groups of its things.</summary>
    public required IReadOnlyList<PolicyGrant> Policies { get; init; }

    /// <summary>Things the certificate is attached to.</summary>
    public required IReadOnlyList<ThingGrant> Things { get; init; }

    /// <summary>For a trusted user's temporary claim: when it stops working, and the one template it may provision with.</summary>
    public DateTimeOffset? ExpiresAt { get; init; }

    /// <summary>For both certificates of a rotation: until then the gateway reports when the certificate connects and publishes.</summary>
    public DateTimeOffset? WatchUntil { get; init; }

    /// <summary>The registered authority the certificate was signed under, or null.</summary>
    public string? CaCertificateId { get; init; }

    public CertificateMode Mode { get; init; }

    /// <summary>The thing of a connection (aws-protocol 8.5): the one attached exclusively, else the attached one named as the client.</summary>
    public ThingGrant? ThingOf(string clientId)
    {
        ThingGrant? named = null;
        foreach (var thing in Things)
        {
            if (thing.Exclusive) return thing;
            if (thing.ThingName == clientId) named = thing;
        }

        return named;
    }

    /// <summary>The policies that count on a connection of this thing, or of none.</summary>
    public IEnumerable<PolicyGrant> PoliciesOf(ThingGrant? thing) => Policies.Where(policy => policy.ThingName is null || policy.ThingName == thing?.ThingName);
}

public sealed record PolicyGrant
{
    public required string PolicyName { get; init; }

    /// <summary>The default version's id, digits.</summary>
    public required string VersionId { get; init; }

    public required string Document { get; init; }

    /// <summary>
    /// Null for a policy attached to the certificate. For a policy of a group: the thing that is in it. It applies only while the
    /// connection's thing is this one (aws-protocol 8.5).
    /// </summary>
    public string? ThingName { get; init; }
}

public sealed record ThingGrant
{
    public required string ThingName { get; init; }
    public string? ThingTypeName { get; init; }
    public required IReadOnlyDictionary<string, string> Attributes { get; init; }
    public bool Exclusive { get; init; }
}

/// <summary>Looks certificates up by fingerprint, for connections that have just begun.</summary>
[MessageUrn("fleet:find-principals:v1", useDefaultPrefix: false)]
public sealed record FindPrincipals : IBatch<FindPrincipal>
{
    public required IReadOnlyList<FindPrincipal> Items { get; init; }
}

[MessageUrn("fleet:find-principals-answer:v1", useDefaultPrefix: false)]
public sealed record FindPrincipalsAnswer : IBatchAnswer<FindPrincipalAnswer>
{
    public required IReadOnlyList<FindPrincipalAnswer> Items { get; init; }
}

public sealed record FindPrincipal : ITraced
{
    public required string CertificateId { get; init; }
    public string? TraceParent { get; init; }
}

public sealed record FindPrincipalAnswer
{
    /// <summary>Set when the look-up itself failed: nothing is known of the certificate, ask again.</summary>
    public Refused? Refused { get; init; }

    /// <summary>Null when no certificate with this id is registered.</summary>
    public PrincipalGrant? Grant { get; init; }
}

/// <summary>Something that decides about these certificates has changed: forget their grants, and look again where one is connected.</summary>
[MessageUrn("fleet:principals-changed:v1", useDefaultPrefix: false)]
public sealed record PrincipalsChanged
{
    public required IReadOnlyList<string> CertificateIds { get; init; }
}

/// <summary>The default version of a policy is now another document. Applies to every grant that names the policy.</summary>
[MessageUrn("fleet:policy-changed:v1", useDefaultPrefix: false)]
public sealed record PolicyChanged
{
    public required string PolicyName { get; init; }
    public required string VersionId { get; init; }
    public required string Document { get; init; }
}
