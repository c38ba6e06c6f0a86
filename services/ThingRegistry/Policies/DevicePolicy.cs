using System.Diagnostics;
using System.Globalization;

namespace FleetPlatform.ThingRegistry.Policies;

/// <summary>What a decision about a policy needs to know.</summary>
/// <param name="Incarnation">How often a policy of this name was created; 0 when never.</param>
/// <param name="Versions">At most five, in order of creation. Empty when the policy does not exist.</param>
/// <param name="LastVersionId">The highest version id given so far; ids are never given again.</param>
sealed record DevicePolicy(
    int Incarnation,
    IReadOnlyList<PolicyVersion> Versions,
    int DefaultVersionId,
    int LastVersionId,
    DateTimeOffset CreatedAt,
    DateTimeOffset ModifiedAt) : IAggregate<DevicePolicy, PolicyEvent>
{
    public static DevicePolicy Initial { get; } = new(0, [], 0, 0, default, default);

    public bool Exists => Versions.Count > 0;

    public PolicyVersion Default => Versions.Single(version => version.VersionId == DefaultVersionId);

    public DevicePolicy Evolve(PolicyEvent @event) => @event switch
    {
        PolicyCreated e => new(e.Incarnation, [new(1, e.Document, e.At)], 1, 1, e.At, e.At),
        PolicyVersionCreated e => this with
        {
            Versions = [.. Versions, new(e.VersionId, e.Document, e.At)],
            LastVersionId = e.VersionId,
            ModifiedAt = e.At,
            DefaultVersionId = e.IsDefault ? e.VersionId : DefaultVersionId,
        },
        DefaultPolicyVersionSet e => this with { DefaultVersionId = e.VersionId, ModifiedAt = e.At },
        PolicyVersionDeleted e => this with { Versions = [.. Versions.Where(version => version.VersionId != e.VersionId)], ModifiedAt = e.At },
        PolicyDeleted => Initial with { Incarnation = Incarnation },
        _ => throw new UnreachableException($"No fold for {@event.GetType().Name}."),
    };

    /// <summary>The version with this id, as the wire writes it; null when there is none.</summary>
    public PolicyVersion? Find(string versionId) =>
        Versions.FirstOrDefault(version => version.VersionId.ToString(CultureInfo.InvariantCulture) == versionId);

    public static Refusal Missing(string name) => new(Reasons.NotFound.Code, $"Policy {name} does not exist.");

    public static Refusal MissingVersion(string name, string versionId) =>
        new(Reasons.NotFound.Code, $"Policy {name} has no version {versionId}.");

    public PolicyDescription Describe(string name) => new()
    {
        PolicyName = name,
        PolicyDocument = Default.Document,
        DefaultVersionId = DefaultVersionId.ToString(CultureInfo.InvariantCulture),
        CreatedAt = CreatedAt,
        LastModifiedAt = ModifiedAt,
    };

    public PolicyVersionDescription DescribeVersion(string name, PolicyVersion version, bool withDocument = true) => new()
    {
        PolicyName = name,
        VersionId = version.VersionId.ToString(CultureInfo.InvariantCulture),
        IsDefaultVersion = version.VersionId == DefaultVersionId,
        PolicyDocument = withDocument ? version.Document : "",
        CreatedAt = version.CreatedAt,
    };
}

sealed record PolicyVersion(int VersionId, string Document, DateTimeOffset CreatedAt);
