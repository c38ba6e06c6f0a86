using MassTransit;

namespace FleetPlatform.Contracts.ThingRegistry;

// Requests of the control plane. Each is answered by the record named in its summary, or by Refused.

/// <summary>Answered by <see cref="ThingDescription"/>. The same thing again, unchanged, succeeds; with other contents: <c>already-exists</c>.</summary>
[MessageUrn("fleet:create-thing:v1", useDefaultPrefix: false)]
public sealed record CreateThing
{
    public required string ThingName { get; init; }
    public string? ThingTypeName { get; init; }
    public string? BillingGroup { get; init; }
    public required IReadOnlyDictionary<string, string> Attributes { get; init; }
    public required string RequestedBy { get; init; }
}

/// <summary>Answered by <see cref="ThingDescription"/>.</summary>
[MessageUrn("fleet:describe-thing:v1", useDefaultPrefix: false)]
public sealed record DescribeThing
{
    public required string ThingName { get; init; }
}

/// <summary>Answered by <see cref="ThingDescription"/>. Null members stay as they are.</summary>
[MessageUrn("fleet:update-thing:v1", useDefaultPrefix: false)]
public sealed record UpdateThing
{
    public required string ThingName { get; init; }
    public string? ThingTypeName { get; init; }
    public bool RemoveThingType { get; init; }
    public IReadOnlyDictionary<string, string>? Attributes { get; init; }

    /// <summary>True: union, an empty value removes its attribute. False: replace them all.</summary>
    public bool MergeAttributes { get; init; }

    public long? ExpectedVersion { get; init; }
    public required string RequestedBy { get; init; }
}

/// <summary>Answered by <see cref="Done"/>; deleting an unknown thing succeeds, as on AWS.</summary>
[MessageUrn("fleet:delete-thing:v1", useDefaultPrefix: false)]
public sealed record DeleteThing
{
    public required string ThingName { get; init; }
    public long? ExpectedVersion { get; init; }
    public required string RequestedBy { get; init; }
}

/// <summary>Answered by <see cref="ThingsListed"/>.</summary>
[MessageUrn("fleet:list-things:v1", useDefaultPrefix: false)]
public sealed record ListThings
{
    public required Page Page { get; init; }
    public string? AttributeName { get; init; }
    public string? AttributeValue { get; init; }
    public string? ThingTypeName { get; init; }
}

[MessageUrn("fleet:things-listed:v1", useDefaultPrefix: false)]
public sealed record ThingsListed
{
    public required IReadOnlyList<ThingDescription> Items { get; init; }
    public string? Next { get; init; }
}

[MessageUrn("fleet:thing-description:v1", useDefaultPrefix: false)]
public sealed record ThingDescription
{
    public required string ThingName { get; init; }
    public required string ThingId { get; init; }
    public string? ThingTypeName { get; init; }
    public string? BillingGroup { get; init; }
    public required IReadOnlyDictionary<string, string> Attributes { get; init; }

    /// <summary>The optimistic lock of UpdateThing, from 1.</summary>
    public required long Version { get; init; }
}

/// <summary>Answered by <see cref="Done"/>.</summary>
[MessageUrn("fleet:attach-thing-principal:v1", useDefaultPrefix: false)]
public sealed record AttachThingPrincipal
{
    public required string ThingName { get; init; }
    public required string CertificateId { get; init; }
    public bool Exclusive { get; init; }
    public required string RequestedBy { get; init; }
}

/// <summary>Answered by <see cref="Done"/>.</summary>
[MessageUrn("fleet:detach-thing-principal:v1", useDefaultPrefix: false)]
public sealed record DetachThingPrincipal
{
    public required string ThingName { get; init; }
    public required string CertificateId { get; init; }
    public required string RequestedBy { get; init; }
}

/// <summary>Certificates of a thing. Answered by <see cref="NamesListed"/> with certificate ids.</summary>
[MessageUrn("fleet:list-thing-principals:v1", useDefaultPrefix: false)]
public sealed record ListThingPrincipals
{
    public required string ThingName { get; init; }
    public required Page Page { get; init; }
}

/// <summary>Things of a certificate. Answered by <see cref="NamesListed"/> with thing names.</summary>
[MessageUrn("fleet:list-principal-things:v1", useDefaultPrefix: false)]
public sealed record ListPrincipalThings
{
    public required string CertificateId { get; init; }
    public required Page Page { get; init; }
}

[MessageUrn("fleet:names-listed:v1", useDefaultPrefix: false)]
public sealed record NamesListed
{
    public required IReadOnlyList<string> Items { get; init; }
    public string? Next { get; init; }
}

/// <summary>Answered by <see cref="ThingTypeDescription"/>.</summary>
[MessageUrn("fleet:create-thing-type:v1", useDefaultPrefix: false)]
public sealed record CreateThingType
{
    public required string ThingTypeName { get; init; }
    public string? Description { get; init; }
    public IReadOnlyList<string> SearchableAttributes { get; init; } = [];
    public required string RequestedBy { get; init; }
}

/// <summary>Answered by <see cref="Done"/>. What is null stays as it is.</summary>
[MessageUrn("fleet:update-thing-type:v1", useDefaultPrefix: false)]
public sealed record UpdateThingType
{
    public required string ThingTypeName { get; init; }
    public string? Description { get; init; }
    public IReadOnlyList<string>? SearchableAttributes { get; init; }
    public required string RequestedBy { get; init; }
}

/// <summary>Answered by <see cref="ThingTypeDescription"/>.</summary>
[MessageUrn("fleet:describe-thing-type:v1", useDefaultPrefix: false)]
public sealed record DescribeThingType
{
    public required string ThingTypeName { get; init; }
}

/// <summary>Answered by <see cref="ThingTypesListed"/>.</summary>
[MessageUrn("fleet:list-thing-types:v1", useDefaultPrefix: false)]
public sealed record ListThingTypes
{
    public required Page Page { get; init; }
}

[MessageUrn("fleet:thing-types-listed:v1", useDefaultPrefix: false)]
public sealed record ThingTypesListed
{
    public required IReadOnlyList<ThingTypeDescription> Items { get; init; }
    public string? Next { get; init; }
}

[MessageUrn("fleet:thing-type-description:v1", useDefaultPrefix: false)]
public sealed record ThingTypeDescription
{
    public required string ThingTypeName { get; init; }
    public required string ThingTypeId { get; init; }
    public string? Description { get; init; }
    public required IReadOnlyList<string> SearchableAttributes { get; init; }
    public required DateTimeOffset CreatedAt { get; init; }

    /// <summary>Since when nothing new gets it; null: it is in use.</summary>
    public DateTimeOffset? DeprecatedAt { get; init; }
}

/// <summary>From now on nothing new gets the type. Answered by <see cref="Done"/>.</summary>
[MessageUrn("fleet:deprecate-thing-type:v1", useDefaultPrefix: false)]
public sealed record DeprecateThingType
{
    public required string ThingTypeName { get; init; }

    /// <summary>True: takes it back.</summary>
    public bool Undo { get; init; }

    public required string RequestedBy { get; init; }
}

/// <summary>Deletes a deprecated type that no thing has. Answered by <see cref="Done"/>; deleting an unknown one succeeds.</summary>
[MessageUrn("fleet:delete-thing-type:v1", useDefaultPrefix: false)]
public sealed record DeleteThingType
{
    public required string ThingTypeName { get; init; }
    public required string RequestedBy { get; init; }
}

/// <summary>Answered by <see cref="ThingGroupDescription"/>.</summary>
[MessageUrn("fleet:create-thing-group:v1", useDefaultPrefix: false)]
public sealed record CreateThingGroup
{
    public required string ThingGroupName { get; init; }
    public string? ParentGroupName { get; init; }
    public string? Description { get; init; }
    public IReadOnlyDictionary<string, string> Attributes { get; init; } = new Dictionary<string, string>();

    /// <summary>Who is in it, for a dynamic group, which has no parent; null for one whose members are put into it.</summary>
    public string? Query { get; init; }

    public required string RequestedBy { get; init; }
}

/// <summary>Answered by <see cref="ThingGroupDescription"/>.</summary>
[MessageUrn("fleet:describe-thing-group:v1", useDefaultPrefix: false)]
public sealed record DescribeThingGroup
{
    public required string ThingGroupName { get; init; }
}

/// <summary>Answered by <see cref="NamesListed"/> with group names.</summary>
[MessageUrn("fleet:list-thing-groups:v1", useDefaultPrefix: false)]
public sealed record ListThingGroups
{
    public required Page Page { get; init; }

    /// <summary>Only groups directly in this one, or with <see cref="Recursive"/> anywhere in it; null: all groups.</summary>
    public string? ParentGroupName { get; init; }

    public bool Recursive { get; init; }
    public string? NamePrefix { get; init; }
}

/// <summary>Answered by <see cref="NamesListed"/> with thing names.</summary>
[MessageUrn("fleet:list-things-in-group:v1", useDefaultPrefix: false)]
public sealed record ListThingsInGroup
{
    public required string ThingGroupName { get; init; }

    /// <summary>True: also those in groups inside it.</summary>
    public bool Recursive { get; init; }

    public required Page Page { get; init; }
}

/// <summary>Answered by <see cref="NamesListed"/> with group names.</summary>
[MessageUrn("fleet:list-groups-of-thing:v1", useDefaultPrefix: false)]
public sealed record ListGroupsOfThing
{
    public required string ThingName { get; init; }
    public required Page Page { get; init; }
}

/// <summary>Answered by <see cref="Done"/>.</summary>
[MessageUrn("fleet:change-group-membership:v1", useDefaultPrefix: false)]
public sealed record ChangeGroupMembership
{
    public required string ThingName { get; init; }
    public required string ThingGroupName { get; init; }

    /// <summary>True: the thing is to be a member; false: it is not to be one.</summary>
    public required bool Member { get; init; }

    public required string RequestedBy { get; init; }
}

[MessageUrn("fleet:thing-group-description:v1", useDefaultPrefix: false)]
public sealed record ThingGroupDescription
{
    public required string ThingGroupName { get; init; }
    public required string ThingGroupId { get; init; }
    public string? ParentGroupName { get; init; }

    /// <inheritdoc cref="CreateThingGroup.Query"/>
    public string? Query { get; init; }

    public string? Description { get; init; }
    public required IReadOnlyDictionary<string, string> Attributes { get; init; }
    public required long Version { get; init; }
    public required DateTimeOffset CreatedAt { get; init; }
}
