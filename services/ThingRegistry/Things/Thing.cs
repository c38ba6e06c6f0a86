using System.Diagnostics;

namespace FleetPlatform.ThingRegistry.Things;

/// <summary>What a decision about a thing needs to know.</summary>
/// <param name="Id">Null while there is no such thing: never registered, or deleted.</param>
/// <param name="Revision">The optimistic lock of UpdateThing: counts registrations and updates, not attachments.</param>
/// <param name="Groups">Those it was put into.</param>
/// <param name="Certificates">Ids of the certificates attached to it.</param>
sealed record Thing(
    Guid? Id,
    string? TypeName,
    string? BillingGroup,
    IReadOnlyDictionary<string, string> Attributes,
    IReadOnlyList<string> Groups,
    IReadOnlyList<string> Certificates,
    long Revision,
    IReadOnlyList<string> DynamicGroups) : IAggregate<Thing, ThingEvent>
{
    public static Thing Initial { get; } = new(Id: null, null, null, AttributeRules.None, [], [], 0, []);

    /// <summary>All that it is in.</summary>
    public IReadOnlyList<string> AllGroups => DynamicGroups.Count == 0 ? Groups : [.. Groups, .. DynamicGroups];

    public bool Exists => Id is not null;

    public Thing Evolve(ThingEvent @event) => @event switch
    {
        ThingRegistered e => new(e.ThingId, e.ThingTypeName, e.BillingGroup, e.Attributes, e.ThingGroups,
            e.CertificateId is { } certificate ? [certificate] : [], Revision: 1, DynamicGroups: []),
        ThingUpdated e => this with { TypeName = e.ThingTypeName, Attributes = e.Attributes, Revision = Revision + 1 },
        BillingGroupChanged e => this with { BillingGroup = e.BillingGroup },
        GroupJoined { Dynamic: true } e => this with { DynamicGroups = [.. DynamicGroups, e.ThingGroupName] },
        GroupJoined e => this with { Groups = [.. Groups, e.ThingGroupName] },
        GroupLeft e => this with { Groups = Without(Groups, e.ThingGroupName), DynamicGroups = Without(DynamicGroups, e.ThingGroupName) },
        CertificateAttached e => this with { Certificates = [.. Certificates.Where(id => id != e.CertificateId), e.CertificateId] },
        ThingReprovisioned e => this with
        {
            Certificates = e.Decision == ReprovisioningDecision.Replaced ? [.. Certificates.Except(e.OldCertificateIds, StringComparer.Ordinal)] : Certificates,
        },
        CertificateDetached e => this with { Certificates = [.. Certificates.Where(id => id != e.CertificateId)] },
        ThingDeleted => Initial,
        _ => throw new UnreachableException($"No fold for {@event.GetType().Name}."),
    };

    static IReadOnlyList<string> Without(IReadOnlyList<string> groups, string left) => groups.Contains(left) ? [.. groups.Where(group => group != left)] : groups;

    /// <summary>The refusal for a thing that is not there.</summary>
    public static Refusal Missing(string name) => new(Reasons.NotFound.Code, $"Thing {name} does not exist.");

    public ThingDescription Describe(string name) => new()
    {
        ThingName = name,
        ThingId = Id.GetValueOrDefault().ToString(),
        ThingTypeName = TypeName,
        BillingGroup = BillingGroup,
        Attributes = Attributes,
        Version = Revision,
    };
}
