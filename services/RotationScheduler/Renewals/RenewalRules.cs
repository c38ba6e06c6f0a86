using System.Text.Json;
using FleetPlatform.Events;
using Npgsql;
using NpgsqlTypes;

namespace FleetPlatform.RotationScheduler.Renewals;

/// <summary>The read table of renewal policies. Few: read whole.</summary>
sealed class RenewalsTable : IInlineProjection
{
    public string Name => "renewals";

    public IReadOnlyList<string> Tables { get; } = ["fleet_renewals"];

    public string Schema => """
        create table if not exists fleet_renewals (
            scope text collate "C" primary key,
            rule jsonb not null,
            version bigint not null);
        """;

    public void Project(RecordedEvent e, ProjectionBatch batch)
    {
        switch (e.Data)
        {
            case RenewalRuleSet set:
                batch.Add("""
                    insert into fleet_renewals (scope, rule, version) values ($1, $2, $3)
                    on conflict (scope) do update set rule = excluded.rule, version = excluded.version
                    """, Sql.Text(e.StreamId.Key), new() { NpgsqlDbType = NpgsqlDbType.Jsonb, Value = JsonSerializer.Serialize(set.Rule) }, new() { Value = e.Version });
                break;
            case RenewalRuleRemoved:
                batch.Add("delete from fleet_renewals where scope = $1", Sql.Text(e.StreamId.Key));
                break;
        }
    }
}

/// <summary>The renewal policies that there are.</summary>
sealed class RenewalRules(EventStore store)
{
    public async Task<IReadOnlyDictionary<string, RenewalRule>> Read(CancellationToken cancellation)
    {
        await using var command = store.DataSource.CreateCommand("select rule from fleet_renewals");
        await using var reader = await command.ExecuteReaderAsync(cancellation);
        var rules = new Dictionary<string, RenewalRule>(StringComparer.Ordinal);
        while (await reader.ReadAsync(cancellation))
        {
            var rule = JsonSerializer.Deserialize<RenewalRule>(reader.GetString(0))!;
            rules[rule.Scope] = rule;
        }

        return rules;
    }

    /// <summary>The strongest rule for a certificate; null when none is for it.</summary>
    public static RenewalRule? Of(IReadOnlyDictionary<string, RenewalRule> rules, IEnumerable<string> groups, string? template) => rules.Count == 0
        ? null
        : RenewalRule.ScopesOf(groups, template).Select(scope => rules.GetValueOrDefault(scope)).FirstOrDefault(rule => rule is not null);
}
