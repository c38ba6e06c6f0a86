using Query = FleetPlatform.Contracts.ThingRegistry.ListThingTypes;

namespace FleetPlatform.ThingRegistry.Types;

static class ListThingTypes
{
    const string Select = "select name, id, description, searchable_attributes, created_at, deprecated_at from fleet_types where true";

    public static async Task<ThingTypesListed> Handle(Query query, NpgsqlDataSource database, CancellationToken cancellation)
    {
        var page = await Listing.Read(database, query.Page, new(Select, "name"), ReadType, type => type.ThingTypeName, cancellation);
        return new() { Items = page.Items, Next = page.Next };
    }

    static ThingTypeDescription ReadType(NpgsqlDataReader row) => new()
    {
        ThingTypeName = row.GetString(0),
        ThingTypeId = row.GetGuid(1).ToString(),
        Description = row.IsDBNull(2) ? null : row.GetString(2),
        SearchableAttributes = row.GetFieldValue<string[]>(3),
        CreatedAt = row.GetFieldValue<DateTimeOffset>(4),
        DeprecatedAt = row.IsDBNull(5) ? null : row.GetFieldValue<DateTimeOffset>(5),
    };
}

sealed class ListThingTypesConsumer(Registry registry) : IConsumer<Query>
{
    public async Task Consume(ConsumeContext<Query> context) =>
        await context.RespondAsync(await ListThingTypes.Handle(context.Message, registry.Database, context.CancellationToken));
}
