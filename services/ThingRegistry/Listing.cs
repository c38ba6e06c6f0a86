using NpgsqlTypes;

namespace FleetPlatform.ThingRegistry;

/// <summary>One page of a table in key order. The key of the last row is the next page's beginning, so pages neither skip nor repeat.</summary>
sealed record PageOf<T>(IReadOnlyList<T> Items, string? Next);

static class Listing
{
    const int MaximumLimit = 250;

    /// <summary>Reads a page.</summary>
    public static async Task<PageOf<T>> Read<T>(
        NpgsqlDataSource database, Page page, ListingQuery query, Func<NpgsqlDataReader, T> read, Func<T, string> keyOf, CancellationToken cancellation)
    {
        var limit = Math.Clamp(page.Limit, 1, MaximumLimit);
        var n = query.Parameters.Count;
        await using var command = database.CreateCommand(
            $"{query.Select} and (${n + 1} is null or {query.Key} {(page.Descending ? "<" : ">")} ${n + 1}) " +
            $"order by {query.Key} {(page.Descending ? "desc" : "asc")} limit ${n + 2}");
        foreach (var parameter in query.Parameters) command.Parameters.Add(parameter);
        command.Parameters.Add(Text(page.After));
        command.Parameters.Add(new() { Value = limit + 1 });

        var rows = new List<T>(limit + 1);
        await using var reader = await command.ExecuteReaderAsync(cancellation);
        while (await reader.ReadAsync(cancellation)) rows.Add(read(reader));
        if (rows.Count <= limit) return new(rows, null);

        rows.RemoveAt(limit);
        return new(rows, keyOf(rows[^1]));
    }

    /// <summary>A page of one text column.</summary>
    public static async Task<NamesListed> Names(NpgsqlDataSource database, Page page, ListingQuery query, CancellationToken cancellation)
    {
        var names = await Read(database, page, query, row => row.GetString(0), name => name, cancellation);
        return new() { Items = names.Items, Next = names.Next };
    }

    /// <summary>Whether a select that takes one name as <c>$1</c> finds anything.</summary>
    public static async Task<bool> Any(NpgsqlDataSource database, string select, string name, CancellationToken cancellation)
    {
        await using var command = database.CreateCommand(select);
        command.Parameters.Add(Text(name));
        return await command.ExecuteScalarAsync(cancellation) is not null;
    }

    public static NpgsqlParameter Text(string? value) => new() { NpgsqlDbType = NpgsqlDbType.Text, Value = (object?)value ?? DBNull.Value };

    public static ProjectionColumn TextColumn(string? value) => ProjectionColumn.Of(NpgsqlDbType.Text, value);

    public static NpgsqlParameter Texts(IEnumerable<string> values) =>
        new() { NpgsqlDbType = NpgsqlDbType.Array | NpgsqlDbType.Text, Value = values.ToArray() };
}

/// <summary>What to list.</summary>
/// <param name="Select">Up to and including a WHERE clause; its parameters are <c>$1</c>… in the order of <paramref name="Parameters"/>.</param>
/// <param name="Key">A text column with ordinal collation, unique among the rows selected, and among the columns read.</param>
sealed record ListingQuery(string Select, string Key, params IReadOnlyList<NpgsqlParameter> Parameters);
