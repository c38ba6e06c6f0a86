using MassTransit;

namespace FleetPlatform.Contracts.ThingRegistry;

// Requests of the control plane. Each is answered by the record named in its summary, or by Refused.

/// <summary>Answered by <see cref="PolicyVersionDescription"/>.</summary>
[MessageUrn("fleet:create-policy:v1", useDefaultPrefix: false)]
public sealed record CreatePolicy
{
    public required string PolicyName { get; init; }
    public required string PolicyDocument { get; init; }
    public required string RequestedBy { get; init; }
}

/// <summary>Answered by <see cref="PolicyDescription"/>.</summary>
[MessageUrn("fleet:get-policy:v1", useDefaultPrefix: false)]
public sealed record GetPolicy
{
    public required string PolicyName { get; init; }
}

[MessageUrn("fleet:policy-description:v1", useDefaultPrefix: false)]
public sealed record PolicyDescription
{
    public required string PolicyName { get; init; }

    /// <summary>Of the default version; empty in listings.</summary>
    public required string PolicyDocument { get; init; }

    public required string DefaultVersionId { get; init; }
    public required DateTimeOffset CreatedAt { get; init; }
    public required DateTimeOffset LastModifiedAt { get; init; }
}

/// <summary>Answered by <see cref="Done"/>.</summary>
[MessageUrn("fleet:delete-policy:v1", useDefaultPrefix: false)]
public sealed record DeletePolicy
{
    public required string PolicyName { get; init; }
    public required string RequestedBy { get; init; }
}

/// <summary>Answered by <see cref="PoliciesListed"/>.</summary>
[MessageUrn("fleet:list-policies:v1", useDefaultPrefix: false)]
public sealed record ListPolicies
{
    public required Page Page { get; init; }
}

/// <summary>Policies attached to a target (a certificate id or a thing group). Answered by <see cref="PoliciesListed"/>.</summary>
[MessageUrn("fleet:list-attached-policies:v1", useDefaultPrefix: false)]
public sealed record ListAttachedPolicies
{
    public required PolicyTarget Target { get; init; }
    public required Page Page { get; init; }
}

[MessageUrn("fleet:policies-listed:v1", useDefaultPrefix: false)]
public sealed record PoliciesListed
{
    public required IReadOnlyList<PolicyDescription> Items { get; init; }
    public string? Next { get; init; }
}

/// <summary>Answered by <see cref="PolicyVersionDescription"/>.</summary>
[MessageUrn("fleet:create-policy-version:v1", useDefaultPrefix: false)]
public sealed record CreatePolicyVersion
{
    public required string PolicyName { get; init; }
    public required string PolicyDocument { get; init; }
    public bool SetAsDefault { get; init; }
    public required string RequestedBy { get; init; }
}

/// <summary>Answered by <see cref="PolicyVersionDescription"/>.</summary>
[MessageUrn("fleet:get-policy-version:v1", useDefaultPrefix: false)]
public sealed record GetPolicyVersion
{
    public required string PolicyName { get; init; }
    public required string VersionId { get; init; }
}

/// <summary>Answered by <see cref="Done"/>.</summary>
[MessageUrn("fleet:set-default-policy-version:v1", useDefaultPrefix: false)]
public sealed record SetDefaultPolicyVersion
{
    public required string PolicyName { get; init; }
    public required string VersionId { get; init; }
    public required string RequestedBy { get; init; }
}

/// <summary>Answered by <see cref="Done"/>.</summary>
[MessageUrn("fleet:delete-policy-version:v1", useDefaultPrefix: false)]
public sealed record DeletePolicyVersion
{
    public required string PolicyName { get; init; }
    public required string VersionId { get; init; }
    public required string RequestedBy { get; init; }
}

/// <summary>Answered by <see cref="PolicyVersionsListed"/>.</summary>
[MessageUrn("fleet:list-policy-versions:v1", useDefaultPrefix: false)]
public sealed record ListPolicyVersions
{
    public required string PolicyName { get; init; }
}

[MessageUrn("fleet:policy-versions-listed:v1", useDefaultPrefix: false)]
public sealed record PolicyVersionsListed
{
    public required IReadOnlyList<PolicyVersionDescription> Items { get; init; }
}

[MessageUrn("fleet:policy-version-description:v1", useDefaultPrefix: false)]
public sealed record PolicyVersionDescription
{
    public required string PolicyName { get; init; }
    public required string VersionId { get; init; }
    public required bool IsDefaultVersion { get; init; }

    /// <summary>Empty in listings.</summary>
    public required string PolicyDocument { get; init; }

    public required DateTimeOffset CreatedAt { get; init; }
}

/// <summary>What a policy can be attached to: exactly one of the two is set.</summary>
public sealed record PolicyTarget
{
    public string? CertificateId { get; init; }
    public string? ThingGroupName { get; init; }
}

/// <summary>Answered by <see cref="Done"/>. Attaching twice is attaching once.</summary>
[MessageUrn("fleet:attach-policy:v1", useDefaultPrefix: false)]
public sealed record AttachPolicy
{
    public required string PolicyName { get; init; }
    public required PolicyTarget Target { get; init; }
    public required string RequestedBy { get; init; }
}

/// <summary>Answered by <see cref="Done"/>.</summary>
[MessageUrn("fleet:detach-policy:v1", useDefaultPrefix: false)]
public sealed record DetachPolicy
{
    public required string PolicyName { get; init; }
    public required PolicyTarget Target { get; init; }
    public required string RequestedBy { get; init; }
}

/// <summary>Answered by <see cref="PolicyTargetsListed"/>.</summary>
[MessageUrn("fleet:list-policy-targets:v1", useDefaultPrefix: false)]
public sealed record ListPolicyTargets
{
    public required string PolicyName { get; init; }
    public required Page Page { get; init; }
}

[MessageUrn("fleet:policy-targets-listed:v1", useDefaultPrefix: false)]
public sealed record PolicyTargetsListed
{
    public required IReadOnlyList<PolicyTarget> Items { get; init; }
    public string? Next { get; init; }
}
