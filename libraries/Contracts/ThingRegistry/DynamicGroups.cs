using MassTransit;

namespace FleetPlatform.Contracts.ThingRegistry;

/// <summary>Changes a dynamic group; what is null stays. Answered by <see cref="ThingGroupDescription"/>.</summary>
[MessageUrn("fleet:update-thing-group:v1", useDefaultPrefix: false)]
public sealed record UpdateThingGroup
{
    public required string ThingGroupName { get; init; }
    public string? Query { get; init; }
    public string? Description { get; init; }
    public IReadOnlyDictionary<string, string>? Attributes { get; init; }

    /// <summary>The version that the caller has seen; null for any.</summary>
    public long? ExpectedVersion { get; init; }

    public required string RequestedBy { get; init; }
}

/// <summary>Deletes a dynamic group. Answered by <see cref="Done"/>.</summary>
[MessageUrn("fleet:delete-thing-group:v1", useDefaultPrefix: false)]
public sealed record DeleteThingGroup
{
    public required string ThingGroupName { get; init; }

    /// <inheritdoc cref="UpdateThingGroup.ExpectedVersion"/>
    public long? ExpectedVersion { get; init; }

    public required string RequestedBy { get; init; }
}
