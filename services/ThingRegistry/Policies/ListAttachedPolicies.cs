using FleetPlatform.ThingRegistry.Groups;
using FleetPlatform.ThingRegistry.Principals;
using Query = FleetPlatform.Contracts.ThingRegistry.ListAttachedPolicies;

namespace FleetPlatform.ThingRegistry.Policies;

sealed class ListAttachedPoliciesConsumer(Registry registry) : IConsumer<Query>
{
    const string OfCertificate = $"""
        select {ListPolicies.Columns} from fleet_policies p join fleet_principal_policies a on a.policy_name = p.name and a.incarnation = p.incarnation
        where not p.deleted and a.certificate_id = $1
        """;

    const string OfGroup = $"""
        select {ListPolicies.Columns} from fleet_policies p join fleet_group_policies a on a.policy_name = p.name and a.incarnation = p.incarnation
        where not p.deleted and a.group_name = $1
        """;

    public async Task Consume(ConsumeContext<Query> context)
    {
        var (target, cancellation) = (context.Message.Target, context.CancellationToken);
        var refusal = target switch
        {
            { CertificateId: { } id, ThingGroupName: null } => (await registry.ReadPrincipal(id, cancellation)).Exists ? null : Principal.Missing(id),
            { CertificateId: null, ThingGroupName: { } name } => (await registry.ReadGroup(name, cancellation)).Exists ? null : ThingGroup.Missing(name),
            _ => AttachPolicy.BadTarget,
        };
        if (refusal is not null)
        {
            await context.Refuse(refusal);
            return;
        }

        var query = target.CertificateId is { } certificate
            ? new ListingQuery(OfCertificate, "p.name", Listing.Text(certificate))
            : new ListingQuery(OfGroup, "p.name", Listing.Text(target.ThingGroupName));
        await context.RespondAsync(await ListPolicies.Read(registry.Database, context.Message.Page, query, cancellation));
    }
}
