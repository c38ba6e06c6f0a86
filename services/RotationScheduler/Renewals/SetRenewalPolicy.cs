using FleetPlatform.Contracts;
using FleetPlatform.Contracts.RotationScheduler;
using FleetPlatform.Contracts.ThingRegistry;
using FleetPlatform.Events;
using FleetPlatform.ServiceDefaults;
using MassTransit;

namespace FleetPlatform.RotationScheduler.Renewals;

/// <summary>Sets or removes the policy of a scope. What is due when follows within one turn of the clock.</summary>
static class SetRenewalPolicy
{
    public static Decision<RenewalEvent> Decide(RenewalPolicy policy, Renewal renewal, DateTimeOffset now)
    {
        if (RenewalRule.Refuse(policy) is { } refusal) return refusal;
        var rule = RenewalRule.Of(policy);
        return Same(renewal.Rule, rule) ? Decision<RenewalEvent>.Nothing : new RenewalRuleSet(rule, now);
    }

    public static Decision<RenewalEvent> Remove(string scope, Renewal renewal, DateTimeOffset now) => renewal.Rule is null
        ? new Refusal(Reasons.NotFound.Code, $"There is no renewal policy for {scope}.")
        : new RenewalRuleRemoved(now);

    static bool Same(RenewalRule? before, RenewalRule rule) =>
        before is not null && before.Windows.SequenceEqual(rule.Windows) && before with { Windows = rule.Windows } == rule;
}

sealed class PutRenewalPolicyConsumer(EventStore store, TimeProvider clock, ILogger<PutRenewalPolicyConsumer> log) : IConsumer<PutRenewalPolicy>
{
    public async Task Consume(ConsumeContext<PutRenewalPolicy> context)
    {
        var (policy, by) = (context.Message.Policy, context.Message.RequestedBy);
        if (RenewalRule.Refuse(policy) is { } unusable)
        {
            await context.RespondAsync(unusable.ToRefused());
            return;
        }

        if (policy.PushKeys) Log.KeysWillTravel(log, policy.Scope, by);
        var written = await store.WriteToAggregate<Renewal, RenewalEvent>(Renewal.StreamOf(policy.Scope),
            renewal => SetRenewalPolicy.Decide(policy, renewal, clock.GetUtcNow()), new() { Actor = by }, context.CancellationToken);
        await context.AnswerDone(written.Refusal);
    }
}

sealed class DeleteRenewalPolicyConsumer(EventStore store, TimeProvider clock) : IConsumer<DeleteRenewalPolicy>
{
    public async Task Consume(ConsumeContext<DeleteRenewalPolicy> context)
    {
        var (scope, by) = (context.Message.Scope, context.Message.RequestedBy);
        if (!RenewalRule.IsScope(scope))
        {
            await context.RespondAsync(Reasons.InvalidRequest.ToRefused("A scope is default, group/NAME or template/NAME."));
            return;
        }

        var written = await store.WriteToAggregate<Renewal, RenewalEvent>(Renewal.StreamOf(scope),
            renewal => SetRenewalPolicy.Remove(scope, renewal, clock.GetUtcNow()), new() { Actor = by }, context.CancellationToken);
        await context.AnswerDone(written.Refusal);
    }
}

sealed class ListRenewalPoliciesConsumer(RenewalRules rules) : IConsumer<ListRenewalPolicies>
{
    public async Task Consume(ConsumeContext<ListRenewalPolicies> context)
    {
        var found = await rules.Read(context.CancellationToken);
        await context.RespondAsync(new RenewalPoliciesListed
        {
            Items = [.. found.Values.OrderBy(rule => rule.Scope, StringComparer.Ordinal).Select(rule => rule.ToContract())],
        });
    }
}

static class Answering
{
    public static Task AnswerDone(this ConsumeContext context, Refusal? refusal) =>
        refusal is null ? context.RespondAsync(new Done()) : context.RespondAsync(refusal.ToRefused());
}
