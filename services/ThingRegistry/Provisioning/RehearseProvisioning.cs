using System.Globalization;
using FleetPlatform.ThingRegistry.Principals;
using FleetPlatform.ThingRegistry.Things;
using Query = FleetPlatform.Contracts.ThingRegistry.RehearseProvisioning;

namespace FleetPlatform.ThingRegistry.Provisioning;

/// <summary>The same decision as <see cref="ApplyProvisioning"/> makes, told instead of stored.</summary>
static class RehearseProvisioning
{
    const string GroupPolicies = """
        select distinct y.name, y.default_version, y.document
        from fleet_groups g join fleet_group_policies x on x.group_name = any(g.path)
            join fleet_policies y on y.name = x.policy_name and y.incarnation = x.incarnation and not y.deleted
        where g.name = any($1)
        """;

    public static async Task<ProvisioningRehearsed> Handle(
        Query query, Registry registry, ProvisioningReads reads, CancellationToken cancellation)
    {
        var state = (await reads.Load([query.Item], cancellation))[0];
        var plan = ApplyProvisioning.Decide(query.Item, state, Guid.CreateVersion7(), registry.Now);
        if (plan.Refusal is { } refusal) return new() { Refused = refusal.ToRefused(), Changes = [] };
        if (plan.Principal is not { } provisioned) return new() { Changes = [] };

        var thing = plan.Thing.Aggregate(state.Thing, (current, @event) => current.Evolve(@event));
        var own = provisioned.Policies.Select(policy => ApplyProvisioning.GrantOf(policy, plan, state)).ToList();
        var inherited = thing.AllGroups.Count == 0 ? [] : await FindGroupPolicies(query.Item.Thing!.ThingName, thing.AllGroups, registry, cancellation);
        return new()
        {
            Changes = [.. Describe(query.Item, plan)],
            Grant = new()
            {
                CertificateId = query.Item.CertificateId,
                Status = query.Item.CertificateStatus,
                Version = state.PrincipalVersion + 1,
                Policies = [.. own, .. inherited.Where(policy => !own.Exists(other => other.PolicyName == policy.PolicyName))],
                Things = provisioned.Thing is not { } attached
                    ? []
                    : [new() { ThingName = attached.ThingName, ThingTypeName = thing.TypeName, Attributes = thing.Attributes, Exclusive = attached.Exclusive }],
            },
        };
    }

    static IEnumerable<string> Describe(Contracts.ThingRegistry.ApplyProvisioning item, ProvisioningPlan plan)
    {
        foreach (var (name, _) in plan.Policies) yield return $"policy {name} is created";
        foreach (var sentence in plan.Thing.Select(@event => Describe(item.Thing!.ThingName, @event))) yield return sentence;
        foreach (var (id, _) in plan.Old) yield return $"the old certificate {id} becomes INACTIVE and is detached";
        yield return $"the certificate becomes {(plan.Principal!.Status == PrincipalStatus.Active ? "ACTIVE" : "INACTIVE")}";
        if (plan.Principal.Thing is { } thing) yield return $"the certificate is attached to thing {thing.ThingName}{(thing.Exclusive ? ", exclusively" : "")}";
        foreach (var policy in plan.Principal.Policies) yield return $"policy {policy.PolicyName} is attached to the certificate";
    }

    static string Describe(string name, ThingEvent @event) => @event switch
    {
        ThingRegistered e => $"thing {name} is created, type {e.ThingTypeName ?? "none"}, billing group {e.BillingGroup ?? "none"}, " +
            $"groups {Listed(e.ThingGroups)}, attributes {Listed(e.Attributes.Select(attribute => $"{attribute.Key}={attribute.Value}"))}",
        ThingUpdated e => $"thing {name} exists; its type becomes {e.ThingTypeName ?? "none"} and its attributes {Listed(e.Attributes.Select(attribute => $"{attribute.Key}={attribute.Value}"))}",
        GroupJoined e => $"thing {name} joins group {e.ThingGroupName}",
        GroupLeft e => $"thing {name} leaves group {e.ThingGroupName}",
        ThingReprovisioned { Decision: ReprovisioningDecision.Kept } e => $"thing {name} keeps the certificates it has: {Listed(e.OldCertificateIds)}",
        ThingReprovisioned e => $"thing {name} loses the certificates it has: {Listed(e.OldCertificateIds)}",
        _ => $"thing {name} exists and gets one more certificate",
    };

    static string Listed(IEnumerable<string> texts) => string.Join(", ", texts) is { Length: > 0 } listed ? listed : "none";

    static async Task<List<PolicyGrant>> FindGroupPolicies(string thing, IReadOnlyList<string> groups, Registry registry, CancellationToken cancellation)
    {
        await using var command = registry.Database.CreateCommand(GroupPolicies);
        command.Parameters.Add(Listing.Texts(groups));
        var policies = new List<PolicyGrant>();
        await using var reader = await command.ExecuteReaderAsync(cancellation);
        while (await reader.ReadAsync(cancellation))
            policies.Add(new()
            {
                PolicyName = reader.GetString(0),
                VersionId = reader.GetInt32(1).ToString(CultureInfo.InvariantCulture),
                Document = reader.GetString(2),
                ThingName = thing,
            });
        return policies;
    }
}

sealed class RehearseProvisioningConsumer(Registry registry, ProvisioningReads reads) : IConsumer<Query>
{
    public async Task Consume(ConsumeContext<Query> context) =>
        await context.RespondAsync(await RehearseProvisioning.Handle(context.Message, registry, reads, context.CancellationToken));
}
