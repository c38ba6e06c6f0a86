using FleetPlatform.Contracts.TemplateEngine;
using MassTransit;
using Npgsql;
using Query = FleetPlatform.Contracts.TemplateEngine.ListTemplates;

namespace FleetPlatform.TemplateEngine.Templates;

static class ListTemplates
{
    const int MaximumPage = 250;

    public static async Task<TemplatesListed> Find(Query query, NpgsqlDataSource database, CancellationToken cancellation)
    {
        var limit = Math.Clamp(query.Limit, 1, MaximumPage);
        await using var command = database.CreateCommand("""
            select name, type, description, role, enabled, default_version, created_at, modified_at from fleet_templates
            where name > $1 order by name limit $2
            """);
        command.Parameters.Add(new NpgsqlParameter<string> { TypedValue = query.After ?? "" });
        command.Parameters.Add(new NpgsqlParameter<int> { TypedValue = limit + 1 });

        var items = new List<TemplateDescription>();
        await using var rows = await command.ExecuteReaderAsync(cancellation);
        while (await rows.ReadAsync(cancellation))
            items.Add(new TemplateDescription
            {
                TemplateName = rows.GetString(0),
                Type = rows.GetString(1),
                Description = rows.IsDBNull(2) ? null : rows.GetString(2),
                ProvisioningRoleArn = rows.IsDBNull(3) ? null : rows.GetString(3),
                Enabled = rows.GetBoolean(4),
                DefaultVersionId = rows.GetInt32(5),
                CreatedAt = rows.GetFieldValue<DateTimeOffset>(6),
                LastModifiedAt = rows.GetFieldValue<DateTimeOffset>(7),
                TemplateBody = "",
            });

        return items.Count > limit
            ? new TemplatesListed { Items = items[..limit], Next = items[limit - 1].TemplateName }
            : new TemplatesListed { Items = items };
    }

    public static async Task<long> Count(NpgsqlDataSource database, CancellationToken cancellation)
    {
        await using var command = database.CreateCommand("select count(*) from fleet_templates");
        return (long)(await command.ExecuteScalarAsync(cancellation))!;
    }
}

sealed class ListTemplatesConsumer(EventStore store) : IConsumer<Query>
{
    public async Task Consume(ConsumeContext<Query> context) =>
        await context.RespondAsync(await ListTemplates.Find(context.Message, store.DataSource, context.CancellationToken));
}
