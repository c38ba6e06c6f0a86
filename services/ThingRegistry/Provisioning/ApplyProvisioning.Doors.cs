using System.Globalization;
using FleetPlatform.ThingRegistry.Principals;
using Microsoft.Extensions.Logging;
using Command = FleetPlatform.Contracts.ThingRegistry.ApplyProvisioning;

namespace FleetPlatform.ThingRegistry.Provisioning;

static partial class ApplyProvisioning
{
    /// <summary>Decides, stores in one transaction, and answers; again when someone else was faster.</summary>
    /// <param name="state">What was read together with the rest of the batch.</param>
    public static async Task<ApplyProvisioningAnswer> Handle(
        Command command, ProvisioningState state, Registry registry, ProvisioningReads reads, Grants grants, CancellationToken cancellation)
    {
        for (var attempt = 1; ; attempt++)
        {
            var plan = Decide(command, state, Guid.CreateVersion7(), registry.Now);
            if (plan.Refusal is { } refusal) return new() { Refused = refusal.ToRefused() };
            if (plan.Principal is null) return await AnswerAgain(command, registry, grants, cancellation);

            try
            {
                await Store(command, plan, state, registry, cancellation);
                return new() { Grant = GrantOf(command, plan, state) ?? (await AnswerAgain(command, registry, grants, cancellation)).Grant };
            }
            catch (ConcurrencyException) when (attempt < Registry.MaximumAttempts)
            {
                state = (await reads.Load([command], cancellation))[0];
            }
        }
    }

    static Task Store(Command command, ProvisioningPlan plan, ProvisioningState state, Registry registry, CancellationToken cancellation)
    {
        var session = registry.OpenSession(new() { CorrelationId = command.Flow.FlowId, Actor = command.Flow.PrincipalId });
        foreach (var (name, created) in plan.Policies)
            session.Append(Registry.PolicyStream(name), state.Policies.TryGetValue(name, out var row) ? row.Version : 0, created);
        if (plan.Thing.Count > 0) session.Append(Registry.ThingStream(command.Thing!.ThingName), state.ThingVersion, [.. plan.Thing]);
        foreach (var (id, events) in plan.Old) session.Append(Registry.PrincipalStream(id), state.Old[id].Version, [.. events]);
        session.Append(Registry.PrincipalStream(command.CertificateId), state.PrincipalVersion, plan.Principal!);
        if (plan.Renewed is { } renewed) session.Append(Registry.PrincipalStream(command.Flow.PrincipalId), state.Asker!.Version, renewed);
        return session.SaveChangesAsync(cancellation);
    }

    // The certificate was provisioned before: what it may do now is in the read tables.
    static async Task<ApplyProvisioningAnswer> AnswerAgain(Command command, Registry registry, Grants grants, CancellationToken cancellation)
    {
        var found = await grants.Find(registry.Database, [command.CertificateId], cancellation);
        return found.TryGetValue(command.CertificateId, out var grant)
            ? new() { Grant = grant }
            : new() { Refused = Reasons.CertificateNotPending.ToRefused("The certificate was deleted.") };
    }

    /// <summary>The grant as it follows from what was decided, without reading anything; null when groups have a say.</summary>
    static PrincipalGrant? GrantOf(Command command, ProvisioningPlan plan, ProvisioningState state)
    {
        var thing = plan.Thing.Aggregate(state.Thing, (current, @event) => current.Evolve(@event));
        var provisioned = plan.Principal!;
        if (command.Renewal || thing.AllGroups.Count > 0 || state.Principal.Things.Count > 0 || state.Principal.Policies.Count > 0) return null;

        return new()
        {
            CertificateId = command.CertificateId,
            Status = provisioned.Status.ToContract(),
            WatchUntil = provisioned.WatchUntil,
            Version = state.PrincipalVersion + 1,
            Policies = [.. provisioned.Policies.Select(policy => GrantOf(policy, plan, state))],
            CaCertificateId = state.Principal.CaCertificateId,
            Mode = state.Principal.SniOnly ? CertificateMode.SniOnly : CertificateMode.Default,
            Things = provisioned.Thing is not { } attached
                ? []
                : [new() { ThingName = attached.ThingName, ThingTypeName = thing.TypeName, Attributes = thing.Attributes, Exclusive = attached.Exclusive }],
        };
    }

    /// <summary>A policy as it is once the plan is stored.</summary>
    public static PolicyGrant GrantOf(AttachedPolicy policy, ProvisioningPlan plan, ProvisioningState state)
    {
        var created = plan.Policies.FirstOrDefault(other => other.Name == policy.PolicyName).Event;
        if (created is not null) return new() { PolicyName = policy.PolicyName, VersionId = "1", Document = created.Document };

        var row = state.Policies[policy.PolicyName];
        return new() { PolicyName = row.Name, VersionId = row.DefaultVersion.ToString(CultureInfo.InvariantCulture), Document = row.Document };
    }
}

sealed class ApplyProvisioningsConsumer(Registry registry, ProvisioningReads reads, Grants grants, ILogger<ApplyProvisioningsConsumer> log)
    : IConsumer<ApplyProvisionings>
{
    public async Task Consume(ConsumeContext<ApplyProvisionings> context)
    {
        var items = context.Message.Items;
        var states = await reads.Load(items, context.CancellationToken);
        // By reference: the same question may be in the batch twice.
        var stateOf = new Dictionary<Command, ProvisioningState>(ReferenceEqualityComparer.Instance);
        for (var i = 0; i < items.Count; i++) stateOf[items[i]] = states[i];

        await context.AnswerEach<Command, ApplyProvisioningAnswer, ApplyProvisioningsAnswer>(
            async item =>
            {
                var answer = await ApplyProvisioning.Handle(item, stateOf[item], registry, reads, grants, context.CancellationToken);
                if (answer.Refused is { } refused) Log.ProvisioningRefused(log, item.CertificateId, refused.Code);
                return answer;
            },
            refused => new() { Refused = refused });
    }
}
