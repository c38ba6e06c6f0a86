using System.Diagnostics;

namespace FleetPlatform.ThingRegistry.Billing;

/// <summary>What happened to a billing group. Recorded on <c>billing-{name}</c>; which things are in it is a fact of each thing.</summary>
abstract record BillingGroupEvent : RegistryEvent;

sealed record BillingGroupCreated(Guid BillingGroupId, string? Description, DateTimeOffset At) : BillingGroupEvent;

sealed record BillingGroupUpdated(string? Description, DateTimeOffset At) : BillingGroupEvent;

sealed record BillingGroupDeleted(DateTimeOffset At) : BillingGroupEvent;

/// <summary>A label that costs are counted under. It gives no rights.</summary>
/// <param name="Id">Null while there is no such group.</param>
/// <param name="Revision">The optimistic lock, from 1.</param>
sealed record BillingGroup(Guid? Id, string? Description, long Revision, DateTimeOffset CreatedAt) : IAggregate<BillingGroup, BillingGroupEvent>
{
    const int MaximumDescriptionCharacters = 2028;

    public static BillingGroup Initial { get; } = new(Id: null, null, 0, default);

    public bool Exists => Id is not null;

    public BillingGroup Evolve(BillingGroupEvent @event) => @event switch
    {
        BillingGroupCreated e => new(e.BillingGroupId, e.Description, 1, e.At),
        BillingGroupUpdated e => this with { Description = e.Description, Revision = Revision + 1 },
        BillingGroupDeleted => Initial,
        _ => throw new UnreachableException($"No fold for {@event.GetType().Name}."),
    };

    public static Refusal Missing(string name) => new(Reasons.NotFound.Code, $"Billing group {name} does not exist.");

    public static Refusal? RefuseDescription(string? description) => description?.Length > MaximumDescriptionCharacters
        ? new(Reasons.InvalidRequest.Code, $"A description has at most {MaximumDescriptionCharacters} characters.")
        : null;

    public BillingGroupDescription Describe(string name) => new()
    {
        BillingGroupName = name,
        BillingGroupId = Id.GetValueOrDefault().ToString(),
        Description = Description,
        Version = Revision,
        CreatedAt = CreatedAt,
    };
}
