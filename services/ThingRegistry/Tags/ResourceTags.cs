using System.Diagnostics;

namespace FleetPlatform.ThingRegistry.Tags;

/// <summary>What happened to a resource's tags. Recorded on <c>tags-{resource}</c>, for example <c>tags-thinggroup/berlin</c>.</summary>
/// <param name="CreatedAt">When the resource was created.</param>
abstract record TagEvent(DateTimeOffset CreatedAt) : RegistryEvent;

/// <summary>The resource now has these tags besides its others.</summary>
sealed record ResourceTagged(DateTimeOffset CreatedAt, IReadOnlyDictionary<string, string> Tags, DateTimeOffset At) : TagEvent(CreatedAt);

sealed record ResourceUntagged(DateTimeOffset CreatedAt, IReadOnlyList<string> Keys, DateTimeOffset At) : TagEvent(CreatedAt);

/// <summary>
/// The tags of what has a name. They mean nothing to the platform, so they stand beside their resource and not in it: thing types and
/// policies are here, templates and CA certificates in other services, and one stream for each serves all alike. Tags belong to the
/// resource that was created at one instant, so whoever deletes it has deleted them, without a word between the services.
/// </summary>
/// <param name="CreatedAt">When the youngest resource of this name was created that ever had a tag.</param>
sealed record ResourceTags(DateTimeOffset CreatedAt, IReadOnlyDictionary<string, string> Tags) : IAggregate<ResourceTags, TagEvent>
{
    static readonly SortedDictionary<string, string> None = new(StringComparer.Ordinal);

    public static ResourceTags Initial { get; } = new(default, None);

    public ResourceTags Evolve(TagEvent @event) => @event switch
    {
        ResourceTagged e => new(e.CreatedAt, Sorted(Of(e.CreatedAt).Where(tag => !e.Tags.ContainsKey(tag.Key)).Concat(e.Tags))),
        ResourceUntagged e => new(e.CreatedAt, Sorted(Of(e.CreatedAt).Where(tag => !e.Keys.Contains(tag.Key, StringComparer.Ordinal)))),
        _ => throw new UnreachableException($"No fold for {@event.GetType().Name}."),
    };

    /// <summary>The tags of the resource that was created then.</summary>
    public IReadOnlyDictionary<string, string> Of(DateTimeOffset createdAt) => createdAt == CreatedAt ? Tags : None;

    /// <summary>The refusal when another resource has taken this one's name; null otherwise.</summary>
    public Refusal? RefuseSucceeded(TaggedResource resource) => resource.CreatedAt < CreatedAt
        ? new(Reasons.NotFound.Code, $"{resource.Name} was deleted, and created again, meanwhile.")
        : null;

    static SortedDictionary<string, string> Sorted(IEnumerable<KeyValuePair<string, string>> tags)
    {
        var sorted = new SortedDictionary<string, string>(StringComparer.Ordinal);
        foreach (var (key, value) in tags) sorted[key] = value;
        return sorted;
    }
}
