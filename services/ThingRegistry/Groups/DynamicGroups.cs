namespace FleetPlatform.ThingRegistry.Groups;

/// <summary>What holds for groups whose members a query names, and what tells them from others.</summary>
static class DynamicGroups
{
    /// <summary>Null when it can be changed as what it is taken for.</summary>
    /// <param name="isDynamic">What it is taken for.</param>
    /// <param name="expectedVersion">The version that the caller has seen; null: any.</param>
    public static Refusal? Refuse(string name, ThingGroup group, bool isDynamic, long? expectedVersion)
    {
        if (!group.Exists) return ThingGroup.Missing(name);
        if (group.Query is null == isDynamic) return new(Reasons.InvalidRequest.Code, $"Thing group {name} is {(isDynamic ? "not " : "")}dynamic.");
        return expectedVersion is { } version && version != group.Revision
            ? new(Reasons.VersionConflict.Code, $"Thing group {name} is at version {group.Revision}, not {version}.")
            : null;
    }

    public static Refusal? RefuseQuery(string query, ThingRegistryOptions options)
    {
        if (query.Length > options.DynamicGroupQueryCharacters)
            return new(Reasons.InvalidQuery.Code, $"The query has {query.Length} characters; at most {options.DynamicGroupQueryCharacters} are taken.");
        try
        {
            ThingQueryParser.Parse(query, options.DynamicGroupQueryTerms);
            return null;
        }
        catch (QuerySyntaxException wrong)
        {
            return new(Reasons.InvalidQuery.Code, wrong.Message);
        }
    }

    /// <summary>For what puts things into a group, or takes them out, by name.</summary>
    public static Refusal ByHand(string name) =>
        new(Reasons.InvalidRequest.Code, $"A query says who is in thing group {name}; nobody else does.");

    /// <summary>Every dynamic group there is, by name.</summary>
    public static async Task<IReadOnlyDictionary<string, ThingQuery>> Load(NpgsqlDataSource database, CancellationToken cancellation)
    {
        await using var command = database.CreateCommand("select name, query from fleet_groups where query is not null");
        var queries = new Dictionary<string, ThingQuery>(StringComparer.Ordinal);
        await using var reader = await command.ExecuteReaderAsync(cancellation);
        // The limit was that of the day it was made.
        while (await reader.ReadAsync(cancellation)) queries[reader.GetString(0)] = ThingQueryParser.Parse(reader.GetString(1), int.MaxValue);
        return queries;
    }
}
