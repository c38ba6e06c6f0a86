using System.Text.Json;
using Query = FleetPlatform.Contracts.ThingRegistry.ListThings;

namespace FleetPlatform.ThingRegistry.Things;

static class ListThings
{
    const string Select = """
        select name, id, type_name, billing_group, attributes, revision from fleet_things
        where ($1 is null or type_name = $1) and ($2 is null or attributes ->> $2 = $3)
        """;

    public static async Task<ThingsListed> Handle(Query query, NpgsqlDataSource database, CancellationToken cancellation)
    {
        var page = await Listing.Read(database, query.Page,
            new(Select, "name", Listing.Text(query.ThingTypeName), Listing.Text(query.AttributeName), Listing.Text(query.AttributeValue)),
            ReadThing, thing => thing.ThingName, cancellation);
        return new() { Items = page.Items, Next = page.Next };
    }

    static ThingDescription ReadThing(NpgsqlDataReader row) => new()
    {
        ThingName = row.GetString(0),
        ThingId = row.GetGuid(1).ToString(),
        ThingTypeName = row.IsDBNull(2) ? null : row.GetString(2),
        BillingGroup = row.IsDBNull(3) ? null : row.GetString(3),
        Attributes = JsonSerializer.Deserialize<Dictionary<string, string>>(row.GetString(4))!,
        Version = row.GetInt64(5),
    };
}

sealed class ListThingsConsumer(Registry registry) : IConsumer<Query>
{
    public async Task Consume(ConsumeContext<Query> context)
    {
        if (context.Message is { AttributeName: null } != context.Message is { AttributeValue: null })
            await context.Refuse(new(Reasons.InvalidRequest.Code, "attributeName and attributeValue come together."));
        else
            await context.RespondAsync(await ListThings.Handle(context.Message, registry.Database, context.CancellationToken));
    }
}
