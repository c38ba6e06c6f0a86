using System.Diagnostics;
using FleetPlatform.Events;

namespace FleetPlatform.RotationScheduler.Renewals;

/// <summary>What happens to the policy of a scope. Recorded on <c>renewal-{scope}</c>.</summary>
abstract record RenewalEvent;

sealed record RenewalRuleSet(RenewalRule Rule, DateTimeOffset At) : RenewalEvent;

sealed record RenewalRuleRemoved(DateTimeOffset At) : RenewalEvent;

/// <summary>The policy of one scope; null while there is none.</summary>
sealed record Renewal(RenewalRule? Rule) : IAggregate<Renewal, RenewalEvent>
{
    public static Renewal Initial { get; } = new(Rule: null);

    public static StreamId StreamOf(string scope) => StreamId.Of("renewal", scope);

    public Renewal Evolve(RenewalEvent @event) => @event switch
    {
        RenewalRuleSet e => new(e.Rule),
        RenewalRuleRemoved => Initial,
        _ => throw new UnreachableException($"No fold for {@event.GetType().Name}."),
    };
}
