using System.Diagnostics;

namespace FleetPlatform.ThingRegistry.Types;

/// <summary>What happened to a thing type. Recorded on <c>type-{name}</c>.</summary>
abstract record ThingTypeEvent : RegistryEvent;

sealed record ThingTypeCreated(Guid ThingTypeId, string? Description, IReadOnlyList<string> SearchableAttributes, DateTimeOffset At) : ThingTypeEvent;

/// <summary>A type is now this.</summary>
sealed record ThingTypeUpdated(string? Description, IReadOnlyList<string> SearchableAttributes, DateTimeOffset At) : ThingTypeEvent;

/// <summary>Nothing new gets it any more.</summary>
sealed record ThingTypeDeprecated(DateTimeOffset At) : ThingTypeEvent;

/// <summary>It is no longer deprecated.</summary>
sealed record ThingTypeRestored(DateTimeOffset At) : ThingTypeEvent;

sealed record ThingTypeDeleted(DateTimeOffset At) : ThingTypeEvent;

/// <summary>A kind of thing. It is deleted only when no thing has it, so a thing's type always exists.</summary>
/// <param name="Id">Null while there is no such type.</param>
/// <param name="DeprecatedAt">Since when nothing new gets it; null: it is in use.</param>
sealed record ThingType(Guid? Id, string? Description, IReadOnlyList<string> SearchableAttributes, DateTimeOffset CreatedAt, DateTimeOffset? DeprecatedAt = null)
    : IAggregate<ThingType, ThingTypeEvent>
{
    const int MaximumSearchableAttributes = 3;
    const int MaximumDescriptionCharacters = 2028;

    public static ThingType Initial { get; } = new(Id: null, null, [], default);

    public bool Exists => Id is not null;

    public ThingType Evolve(ThingTypeEvent @event) => @event switch
    {
        ThingTypeCreated e => new(e.ThingTypeId, e.Description, e.SearchableAttributes, e.At),
        ThingTypeUpdated e => this with { Description = e.Description, SearchableAttributes = e.SearchableAttributes },
        ThingTypeDeprecated e => this with { DeprecatedAt = e.At },
        ThingTypeRestored => this with { DeprecatedAt = null },
        ThingTypeDeleted => Initial,
        _ => throw new UnreachableException($"No fold for {@event.GetType().Name}."),
    };

    public static Refusal Missing(string name) => new(Reasons.NotFound.Code, $"Thing type {name} does not exist.");

    /// <summary>What holds for every type; null when it may be this.</summary>
    public static Refusal? Refuse(string? description, IReadOnlyList<string> searchableAttributes)
    {
        if (searchableAttributes.Count > MaximumSearchableAttributes)
            return new(Reasons.InvalidRequest.Code, $"A thing type has at most {MaximumSearchableAttributes} searchable attributes.");
        return description?.Length > MaximumDescriptionCharacters
            ? new(Reasons.InvalidRequest.Code, $"A description has at most {MaximumDescriptionCharacters} characters.")
            : null;
    }

    /// <summary>The same for whoever would give it to a thing.</summary>
    public static Refusal Unusable(string name) => new(Reasons.NotFound.Code, $"Thing type {name} does not exist, or is deprecated.");

    public ThingTypeDescription Describe(string name) => new()
    {
        ThingTypeName = name,
        ThingTypeId = Id.GetValueOrDefault().ToString(),
        Description = Description,
        SearchableAttributes = SearchableAttributes,
        CreatedAt = CreatedAt,
        DeprecatedAt = DeprecatedAt,
    };
}
