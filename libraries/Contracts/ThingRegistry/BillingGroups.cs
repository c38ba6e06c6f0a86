using MassTransit;

namespace FleetPlatform.Contracts.ThingRegistry;

// Requests of the control plane. Each is answered by the record named in its summary, or by Refused.

/// <summary>Answered by <see cref="BillingGroupDescription"/>. The same group again, unchanged, succeeds; with another description: <c>already-exists</c>.</summary>
[MessageUrn("fleet:create-billing-group:v1", useDefaultPrefix: false)]
public sealed record CreateBillingGroup
{
    public required string BillingGroupName { get; init; }
    public string? Description { get; init; }
    public required string RequestedBy { get; init; }
}

/// <summary>Answered by <see cref="BillingGroupDescription"/>.</summary>
[MessageUrn("fleet:describe-billing-group:v1", useDefaultPrefix: false)]
public sealed record DescribeBillingGroup
{
    public required string BillingGroupName { get; init; }
}

/// <summary>Answered by <see cref="BillingGroupDescription"/>.</summary>
[MessageUrn("fleet:update-billing-group:v1", useDefaultPrefix: false)]
public sealed record UpdateBillingGroup
{
    public required string BillingGroupName { get; init; }

    /// <summary>Null removes it.</summary>
    public string? Description { get; init; }

    public long? ExpectedVersion { get; init; }
    public required string RequestedBy { get; init; }
}

/// <summary>Answered by <see cref="Done"/>; deleting an unknown group succeeds. Refused while things are in it.</summary>
[MessageUrn("fleet:delete-billing-group:v1", useDefaultPrefix: false)]
public sealed record DeleteBillingGroup
{
    public required string BillingGroupName { get; init; }
    public long? ExpectedVersion { get; init; }
    public required string RequestedBy { get; init; }
}

/// <summary>Answered by <see cref="NamesListed"/> with group names.</summary>
[MessageUrn("fleet:list-billing-groups:v1", useDefaultPrefix: false)]
public sealed record ListBillingGroups
{
    public required Page Page { get; init; }

    /// <summary>Null lists all.</summary>
    public string? NamePrefix { get; init; }
}

/// <summary>Answered by <see cref="NamesListed"/> with thing names.</summary>
[MessageUrn("fleet:list-things-in-billing-group:v1", useDefaultPrefix: false)]
public sealed record ListThingsInBillingGroup
{
    public required string BillingGroupName { get; init; }
    public required Page Page { get; init; }
}

/// <summary>Answered by <see cref="Done"/>. A thing is in at most one billing group: joining another one leaves the first.</summary>
[MessageUrn("fleet:change-billing-group:v1", useDefaultPrefix: false)]
public sealed record ChangeBillingGroup
{
    public required string ThingName { get; init; }
    public required string BillingGroupName { get; init; }

    /// <summary>True: the thing is to be in the group; false: it is not to be in it.</summary>
    public required bool Member { get; init; }

    public required string RequestedBy { get; init; }
}

[MessageUrn("fleet:billing-group-description:v1", useDefaultPrefix: false)]
public sealed record BillingGroupDescription
{
    public required string BillingGroupName { get; init; }
    public required string BillingGroupId { get; init; }
    public string? Description { get; init; }

    /// <summary>The optimistic lock of UpdateBillingGroup, from 1.</summary>
    public required long Version { get; init; }

    public required DateTimeOffset CreatedAt { get; init; }
}
