using System.Diagnostics;

namespace FleetPlatform.ThingRegistry.Types;

/// <summary>What happened to a thing type. Recorded on <c>type-{name}</c>.</summary>
abstract record ThingTypeEvent : RegistryEvent;

sealed record ThingTypeCreated(Guid ThingTypeId, string? Description, IReadOnlyList<string> SearchableAttributes, DateTimeOffset At) : ThingTypeEvent;

/// <summary>A kind of thing. Types are never deleted, so a thing's type always exists.</summary>
/// <param name="Id">Null while there is no such type.</param>
sealed record ThingType(Guid? Id, string? Description, IReadOnlyList<string> SearchableAttributes, DateTimeOffset CreatedAt)
    : IAggregate<ThingType, ThingTypeEvent>
{
    public static ThingType Initial { get; } = new(Id: null, null, [], default);

    public bool Exists => Id is not null;

    public ThingType Evolve(ThingTypeEvent @event) => @event switch
    {
        ThingTypeCreated e => new(e.ThingTypeId, e.Description, e.SearchableAttributes, e.At),
        _ => throw new UnreachableException($"No fold for {@event.GetType().Name}."),
    };

    public static Refusal Missing(string name) => new(Reasons.NotFound.Code, $"Thing type {name} does not exist.");

    public ThingTypeDescription Describe(string name) => new()
    {
        ThingTypeName = name,
        ThingTypeId = Id.GetValueOrDefault().ToString(),
        Description = Description,
        SearchableAttributes = SearchableAttributes,
        CreatedAt = CreatedAt,
    };
}
