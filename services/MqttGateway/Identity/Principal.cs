using FleetPlatform.Contracts;
using FleetPlatform.Contracts.ThingRegistry;
using FleetPlatform.Policy;
using FleetPlatform.ServiceDefaults;

namespace FleetPlatform.MqttGateway.Identity;

/// <summary>Whether a connection may be the first one ever made with its certificate.</summary>
enum FirstConnection
{
    /// <summary>It is on record.</summary>
    Known = 0,

    /// <summary>The grant was looked up: the record has to be asked.</summary>
    Perhaps = 1,

    /// <summary>The certificate was registered through this gateway a moment ago.</summary>
    Expected = 2,
}

/// <summary>What a certificate may do, ready to evaluate. Immutable; a change makes another one.</summary>
sealed record Principal
{
    public required PrincipalGrant Grant { get; init; }
    public required CompiledPolicySet Policies { get; init; }

    /// <summary>For a thing whose groups have policies: those and the certificate's own. They hold only on a connection of that thing.</summary>
    public IReadOnlyDictionary<string, CompiledPolicySet> ThingPolicies { get; init; } = new Dictionary<string, CompiledPolicySet>();

    /// <summary>What decides on a connection of this thing, or of none.</summary>
    public CompiledPolicySet PoliciesOf(ThingGrant? thing) =>
        thing is not null && ThingPolicies.TryGetValue(thing.ThingName, out var policies) ? policies : Policies;
    public FirstConnection FirstConnection { get; init; }

    public string CertificateId => Grant.CertificateId;

    /// <summary>Why the certificate may not be connected now, its own dates aside.</summary>
    public Refused? FindFault(DateTimeOffset now) =>
        Grant.Status != CertificateStatus.Active ? Reasons.CertificateNotActive.ToRefused($"The certificate is {Word(Grant.Status)}.")
        : Grant.ExpiresAt is { } end && now >= end ? Reasons.CertificateExpired.ToRefused($"The temporary claim ended at {end:u}.")
        : null;

    public ThingGrant? ThingOf(string clientId) => Grant.ThingOf(clientId);

    static string Word(CertificateStatus status) => status switch
    {
        CertificateStatus.PendingActivation => "pending activation: register a thing with it first",
        CertificateStatus.Inactive => "inactive or on hold",
        CertificateStatus.Revoked => "revoked",
        _ => status.ToString(),
    };
}
