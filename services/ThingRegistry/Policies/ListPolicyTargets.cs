using Query = FleetPlatform.Contracts.ThingRegistry.ListPolicyTargets;

namespace FleetPlatform.ThingRegistry.Policies;

static class ListPolicyTargets
{
    // One key over both kinds: 'c' or 'g' and the name, so that a page ends anywhere.
    const string Select = """
        select t.key from (
            select 'c' || a.certificate_id collate "C" as key from fleet_principal_policies a
            join fleet_policies p on p.name = a.policy_name and p.incarnation = a.incarnation where not p.deleted and p.name = $1
            union all
            select 'g' || a.group_name collate "C" from fleet_group_policies a
            join fleet_policies p on p.name = a.policy_name and p.incarnation = a.incarnation where not p.deleted and p.name = $1) t
        where true
        """;

    public static async Task<PolicyTargetsListed> Handle(Query query, NpgsqlDataSource database, CancellationToken cancellation)
    {
        var page = await Listing.Names(database, query.Page, new(Select, "t.key", Listing.Text(query.PolicyName)), cancellation);
        return new() { Items = [.. page.Items.Select(ReadTarget)], Next = page.Next };
    }

    static PolicyTarget ReadTarget(string key) => key[0] == 'c' ? new() { CertificateId = key[1..] } : new() { ThingGroupName = key[1..] };
}

sealed class ListPolicyTargetsConsumer(Registry registry) : IConsumer<Query>
{
    public async Task Consume(ConsumeContext<Query> context)
    {
        var query = context.Message;
        if ((await registry.ReadPolicy(query.PolicyName, context.CancellationToken)).Exists)
            await context.RespondAsync(await ListPolicyTargets.Handle(query, registry.Database, context.CancellationToken));
        else
            await context.Refuse(DevicePolicy.Missing(query.PolicyName));
    }
}
