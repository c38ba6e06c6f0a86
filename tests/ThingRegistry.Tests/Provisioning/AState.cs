using FleetPlatform.ThingRegistry.Principals;
using FleetPlatform.ThingRegistry.Things;

namespace FleetPlatform.ThingRegistry.Provisioning;

static class AState
{
    public static ProvisioningState With(
        Thing? thing = null, Principal? principal = null, string? policies = null, string? types = null, params (string Group, string Root)[] groups) => new(
        thing ?? Thing.Initial, 0,
        principal ?? Principal.Initial, 0,
        (policies?.Split(',') ?? []).ToDictionary(name => name, name => new PolicyRow(name, 1, 1, 1, A.Document, Deleted: false)),
        (types?.Split(',') ?? []).ToHashSet(),
        new HashSet<string>(),
        groups.ToDictionary(group => group.Group, group => (string[])[group.Root, group.Group]));

    /// <summary>The state that the plan leaves.</summary>
    public static ProvisioningState After(this ProvisioningState state, ProvisioningPlan plan) => state with
    {
        Thing = state.Thing.Fold(plan.Thing),
        Principal = plan.Principal is { } provisioned ? state.Principal.Evolve(provisioned) : state.Principal,
        Policies = state.Policies.Concat(plan.Policies.Select(policy =>
            KeyValuePair.Create(policy.Name, new PolicyRow(policy.Name, policy.Event.Incarnation, 1, 1, policy.Event.Document, false)))).ToDictionary(),
    };
}
