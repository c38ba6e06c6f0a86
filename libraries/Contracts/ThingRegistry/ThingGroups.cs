using MassTransit;

namespace FleetPlatform.Contracts.ThingRegistry;

/// <summary>Changes a group; what is null stays. Answered by <see cref="ThingGroupDescription"/>.</summary>
[MessageUrn("fleet:update-thing-group:v1", useDefaultPrefix: false)]
public sealed record UpdateThingGroup
{
    public required string ThingGroupName { get; init; }

    /// <summary>Which kind is meant: a group of the other kind is refused.</summary>
    public bool Dynamic { get; init; } = true;

    /// <summary>Of a dynamic group.</summary>
    public string? Query { get; init; }

    public string? Description { get; init; }
    public IReadOnlyDictionary<string, string>? Attributes { get; init; }

    /// <summary>True: union, an empty value removes its attribute. False: replace them all.</summary>
    public bool MergeAttributes { get; init; }

    /// <summary>The version that the caller has seen; null for any.</summary>
    public long? ExpectedVersion { get; init; }

    public required string RequestedBy { get; init; }
}

/// <summary>Deletes a group that has no groups inside it; its things leave it. Answered by <see cref="Done"/>.</summary>
[MessageUrn("fleet:delete-thing-group:v1", useDefaultPrefix: false)]
public sealed record DeleteThingGroup
{
    public required string ThingGroupName { get; init; }

    /// <inheritdoc cref="UpdateThingGroup.Dynamic"/>
    public bool Dynamic { get; init; } = true;

    /// <inheritdoc cref="UpdateThingGroup.ExpectedVersion"/>
    public long? ExpectedVersion { get; init; }

    public required string RequestedBy { get; init; }
}
