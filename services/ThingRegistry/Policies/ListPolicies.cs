using System.Globalization;
using Query = FleetPlatform.Contracts.ThingRegistry.ListPolicies;

namespace FleetPlatform.ThingRegistry.Policies;

static class ListPolicies
{
    /// <summary>The columns of a listed policy, from an alias p.</summary>
    public const string Columns = "p.name, p.default_version, p.created_at, p.modified_at";

    public static async Task<PoliciesListed> Handle(Query query, NpgsqlDataSource database, CancellationToken cancellation) =>
        await Read(database, query.Page, new($"select {Columns} from fleet_policies p where not p.deleted", "p.name"), cancellation);

    public static async Task<PoliciesListed> Read(NpgsqlDataSource database, Page page, ListingQuery query, CancellationToken cancellation)
    {
        var policies = await Listing.Read(database, page, query, ReadPolicy, policy => policy.PolicyName, cancellation);
        return new() { Items = policies.Items, Next = policies.Next };
    }

    static PolicyDescription ReadPolicy(NpgsqlDataReader row) => new()
    {
        PolicyName = row.GetString(0),
        PolicyDocument = "",
        DefaultVersionId = row.GetInt32(1).ToString(CultureInfo.InvariantCulture),
        CreatedAt = row.GetFieldValue<DateTimeOffset>(2),
        LastModifiedAt = row.GetFieldValue<DateTimeOffset>(3),
    };
}

sealed class ListPoliciesConsumer(Registry registry) : IConsumer<Query>
{
    public async Task Consume(ConsumeContext<Query> context) =>
        await context.RespondAsync(await ListPolicies.Handle(context.Message, registry.Database, context.CancellationToken));
}
