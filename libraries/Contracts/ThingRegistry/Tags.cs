using MassTransit;

namespace FleetPlatform.Contracts.ThingRegistry;

// Requests of the control plane. Each is answered by the record named in its summary, or by Refused.

/// <summary>
/// What carries tags, whichever service owns it. One that is deleted and created again under its name is another resource:
/// the instant of its creation tells the two apart.
/// </summary>
public sealed record TaggedResource
{
    /// <summary>The last part of its ARN, for example <c>thinggroup/berlin</c>.</summary>
    public required string Name { get; init; }

    public required DateTimeOffset CreatedAt { get; init; }
}

public sealed record Tag
{
    public required string Key { get; init; }

    /// <summary>May be empty.</summary>
    public required string Value { get; init; }
}

/// <summary>Answered by <see cref="Done"/> when a new resource may have these tags. Asked before it is created.</summary>
[MessageUrn("fleet:examine-tags:v1", useDefaultPrefix: false)]
public sealed record ExamineTags
{
    public required IReadOnlyList<Tag> Tags { get; init; }
}

/// <summary>Answered by <see cref="Done"/>. A key that the resource has already gets the new value.</summary>
[MessageUrn("fleet:tag-resource:v1", useDefaultPrefix: false)]
public sealed record TagResource
{
    public required TaggedResource Resource { get; init; }
    public required IReadOnlyList<Tag> Tags { get; init; }
    public required string RequestedBy { get; init; }
}

/// <summary>Answered by <see cref="Done"/>. Keys that the resource does not have are passed over.</summary>
[MessageUrn("fleet:untag-resource:v1", useDefaultPrefix: false)]
public sealed record UntagResource
{
    public required TaggedResource Resource { get; init; }
    public required IReadOnlyList<string> Keys { get; init; }
    public required string RequestedBy { get; init; }
}

/// <summary>Answered by <see cref="TagsListed"/>.</summary>
[MessageUrn("fleet:list-tags:v1", useDefaultPrefix: false)]
public sealed record ListTags
{
    public required TaggedResource Resource { get; init; }
}

/// <summary>All tags of a resource, in ordinal order of their keys.</summary>
[MessageUrn("fleet:tags-listed:v1", useDefaultPrefix: false)]
public sealed record TagsListed
{
    public required IReadOnlyList<Tag> Items { get; init; }
}
