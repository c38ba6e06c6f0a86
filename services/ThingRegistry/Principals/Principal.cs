using System.Diagnostics;

namespace FleetPlatform.ThingRegistry.Principals;

/// <summary>What a decision about a registered certificate needs to know.</summary>
/// <param name="WasRevoked">Survives deletion: a revoked certificate never comes back, not even by registering it again.</param>
/// <param name="CertificatePem">Null until the authority's news of it has come.</param>
/// <param name="Changes">How often status or attachments changed since registration.</param>
/// <param name="Provisioned">Set once a template has registered it.</param>
/// <param name="RenewalOf">The certificate it was made to replace.</param>
sealed record Principal(
    PrincipalStatus Status,
    bool WasRevoked,
    string? CertificatePem,
    DateTimeOffset NotBefore,
    DateTimeOffset NotAfter,
    DateTimeOffset CreatedAt,
    DateTimeOffset ModifiedAt,
    int Changes,
    Provisioned? Provisioned,
    IReadOnlyList<AttachedThing> Things,
    IReadOnlyList<AttachedPolicy> Policies,
    string? ClaimForTemplate,
    DateTimeOffset? ExpiresAt,
    string? RenewalOf = null,
    string? CaCertificateId = null,
    bool SniOnly = false) : IAggregate<Principal, PrincipalEvent>
{
    public static Principal Initial { get; } =
        new(PrincipalStatus.Unknown, false, null, default, default, default, default, 0, null, [], [], null, null);

    /// <summary>Most policies attached to one certificate, or to one thing group.</summary>
    public const int MaximumPolicies = 10;

    /// <summary>While it is on hold: the status that it had before.</summary>
    public PrincipalStatus? HeldFrom { get; init; }

    /// <summary>Of the latest hold or reinstatement known; 0 for none. Survives deletion, and registering again.</summary>
    public long TrustVersion { get; init; }

    /// <summary>False for a certificate nobody told us of, and for one that is gone.</summary>
    public bool Exists => Status is not (PrincipalStatus.Unknown or PrincipalStatus.Gone);

    public Principal Evolve(PrincipalEvent @event) => @event switch
    {
        PrincipalRegistered e => Initial with
        {
            Status = e.Status,
            CertificatePem = e.CertificatePem,
            NotBefore = e.NotBefore,
            NotAfter = e.NotAfter,
            CreatedAt = e.At,
            ModifiedAt = e.At,
            ClaimForTemplate = e.ClaimForTemplate,
            ExpiresAt = e.ExpiresAt,
            CaCertificateId = e.CaCertificateId,
            SniOnly = e.SniOnly,
            TrustVersion = TrustVersion,
        },
        CertificateRecorded e => this with
        {
            CertificatePem = e.CertificatePem,
            NotBefore = e.NotBefore,
            NotAfter = e.NotAfter,
            CreatedAt = e.IssuedAt,
        },
        PrincipalProvisioned e => Changed(e.At) with
        {
            Status = e.Status,
            CreatedAt = Exists ? CreatedAt : e.At,
            Provisioned = new(e.Resources, e.Status, e.TemplateName, e.At),
            RenewalOf = e.RenewalOf,
            Things = e.Thing is { } thing ? With(thing) : Things,
            Policies = With(e.Policies),
            CertificatePem = e.Certificate?.Pem ?? CertificatePem,
            NotBefore = e.Certificate?.NotBefore ?? NotBefore,
            NotAfter = e.Certificate?.NotAfter ?? NotAfter,
        },
        ThingAttached e => Changed(e.At) with { Things = With(new AttachedThing(e.ThingName, e.ThingId, e.Exclusive)) },
        ThingDetached e => Changed(e.At) with { Things = [.. Things.Where(thing => thing.ThingName != e.ThingName)] },
        PolicyAttached e => Changed(e.At) with { Policies = With([new(e.PolicyName, e.Incarnation)]) },
        PolicyDetached e => Changed(e.At) with { Policies = [.. Policies.Where(policy => policy.PolicyName != e.PolicyName)] },
        StatusChanged e => Changed(e.At) with { Status = e.Status },
        PrincipalSuspended { Was: PrincipalStatus.Gone } e => Learned(e.TrustVersion),
        PrincipalSuspended e => Changed(e.At).Learned(e.TrustVersion) with { Status = PrincipalStatus.Inactive, HeldFrom = e.Was, CreatedAt = Exists ? CreatedAt : e.At },
        PrincipalReinstated { Status: PrincipalStatus.Gone } e => Learned(e.TrustVersion),
        PrincipalReinstated e => Changed(e.At).Learned(e.TrustVersion) with { Status = e.Status, HeldFrom = null, CreatedAt = Exists ? CreatedAt : e.At },
        PrincipalRenewed e => Changed(e.At),
        PrincipalRevoked { Was: PrincipalStatus.Gone } => this with { WasRevoked = true },
        PrincipalRevoked e => Changed(e.At) with { Status = PrincipalStatus.Revoked, WasRevoked = true, HeldFrom = null, CreatedAt = Exists ? CreatedAt : e.At },
        PrincipalExpired or PrincipalDeleted => Initial with { Status = PrincipalStatus.Gone, WasRevoked = WasRevoked, TrustVersion = TrustVersion },
        _ => throw new UnreachableException($"No fold for {@event.GetType().Name}."),
    };

    /// <summary>The refusal for a certificate that is not registered here.</summary>
    public static Refusal Missing(string certificateId) => new(Reasons.NotFound.Code, $"Certificate {certificateId} does not exist.");

    public CertificateDescription Describe(string certificateId) => new()
    {
        CertificateId = certificateId,
        Status = Status.ToContract(),
        CertificatePem = CertificatePem ?? "",
        CreatedAt = CreatedAt,
        LastModifiedAt = ModifiedAt,
        NotBefore = NotBefore,
        NotAfter = NotAfter,
        CustomerVersion = 1 + Changes,
        CaCertificateId = CaCertificateId,
        Mode = SniOnly ? CertificateMode.SniOnly : CertificateMode.Default,
    };

    // A thing or policy of the same name replaces its namesake: that one has been deleted since.
    IReadOnlyList<AttachedThing> With(AttachedThing attached) =>
        [.. Things.Where(thing => thing.ThingName != attached.ThingName), attached];

    IReadOnlyList<AttachedPolicy> With(IReadOnlyList<AttachedPolicy> attached) =>
        [.. Policies.Where(policy => attached.All(other => other.PolicyName != policy.PolicyName)), .. attached];

    Principal Changed(DateTimeOffset at) => this with { Changes = Changes + 1, ModifiedAt = at };

    Principal Learned(long? trustVersion) => this with { TrustVersion = trustVersion ?? TrustVersion };
}

/// <summary>How a template registered a certificate: what was asked for, the status that gave it, and the template of the first one in its line.</summary>
sealed record Provisioned(string Resources, PrincipalStatus Status, string TemplateName, DateTimeOffset At);

static class PrincipalStatuses
{
    public static CertificateStatus ToContract(this PrincipalStatus status) => status switch
    {
        PrincipalStatus.PendingActivation => CertificateStatus.PendingActivation,
        PrincipalStatus.Active => CertificateStatus.Active,
        PrincipalStatus.Inactive => CertificateStatus.Inactive,
        PrincipalStatus.Revoked => CertificateStatus.Revoked,
        _ => throw new UnreachableException($"A certificate that is {status} is not described."),
    };

    public static PrincipalStatus ToRecorded(this CertificateStatus status) => status switch
    {
        CertificateStatus.PendingActivation => PrincipalStatus.PendingActivation,
        CertificateStatus.Active => PrincipalStatus.Active,
        CertificateStatus.Inactive => PrincipalStatus.Inactive,
        CertificateStatus.Revoked => PrincipalStatus.Revoked,
        _ => throw new UnreachableException($"{status} is not a status."),
    };
}
