using System.Diagnostics;
using FleetPlatform.ThingRegistry.Principals;
using FleetPlatform.ThingRegistry.Things;

namespace FleetPlatform.ThingRegistry.Groups;

/// <summary>What happened to a thing group. Recorded on <c>group-{name}</c>.</summary>
abstract record ThingGroupEvent : RegistryEvent;

/// <summary>Path holds the names from the root group to this one, both included; it never changes. Query says who is in a dynamic group.</summary>
sealed record ThingGroupCreated(
    Guid ThingGroupId, string? Description, IReadOnlyDictionary<string, string> Attributes, IReadOnlyList<string> Path, DateTimeOffset At,
    string? Query = null) : ThingGroupEvent;

/// <summary>A group is now this. Query is null for one that things are put into.</summary>
sealed record ThingGroupUpdated(string? Description, IReadOnlyDictionary<string, string> Attributes, string? Query, DateTimeOffset At) : ThingGroupEvent;

sealed record ThingGroupDeleted(DateTimeOffset At) : ThingGroupEvent;

sealed record GroupPolicyAttached(string PolicyName, int Incarnation, DateTimeOffset At) : ThingGroupEvent;

sealed record GroupPolicyDetached(string PolicyName, DateTimeOffset At) : ThingGroupEvent;

/// <summary>A set of things, inside at most one other. Who is a member is a fact of the thing.</summary>
/// <param name="Id">Null while there is no such group.</param>
/// <param name="Query">Who is in a dynamic group; null: things are put into it.</param>
/// <param name="Revision">Counts creation and updates.</param>
sealed record ThingGroup(
    Guid? Id,
    string? Description,
    IReadOnlyDictionary<string, string> Attributes,
    IReadOnlyList<string> Path,
    IReadOnlyList<AttachedPolicy> Policies,
    DateTimeOffset CreatedAt,
    string? Query = null,
    long Revision = 1) : IAggregate<ThingGroup, ThingGroupEvent>
{
    public static ThingGroup Initial { get; } = new(Id: null, null, AttributeRules.None, [], [], default);

    public bool Exists => Id is not null;

    public string? Parent => Path.Count > 1 ? Path[^2] : null;

    public ThingGroup Evolve(ThingGroupEvent @event) => @event switch
    {
        ThingGroupCreated e => new(e.ThingGroupId, e.Description, e.Attributes, e.Path, [], e.At, e.Query),
        ThingGroupUpdated e => this with { Description = e.Description, Attributes = e.Attributes, Query = e.Query, Revision = Revision + 1 },
        ThingGroupDeleted => Initial,
        GroupPolicyAttached e => this with { Policies = [.. Policies.Where(policy => policy.PolicyName != e.PolicyName), new(e.PolicyName, e.Incarnation)] },
        GroupPolicyDetached e => this with { Policies = [.. Policies.Where(policy => policy.PolicyName != e.PolicyName)] },
        _ => throw new UnreachableException($"No fold for {@event.GetType().Name}."),
    };

    public static Refusal Missing(string name) => new(Reasons.NotFound.Code, $"Thing group {name} does not exist.");

    public ThingGroupDescription Describe(string name) => new()
    {
        ThingGroupName = name,
        ThingGroupId = Id.GetValueOrDefault().ToString(),
        ParentGroupName = Parent,
        Description = Description,
        Attributes = Attributes,
        Version = Revision,
        Query = Query,
        CreatedAt = CreatedAt,
    };
}
