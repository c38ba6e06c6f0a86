using FleetPlatform.Events;
using FleetPlatform.Events.Reading;
using Npgsql;
using NpgsqlTypes;

namespace FleetPlatform.RotationScheduler;

/// <summary>Parameters, typed so that a null is one.</summary>
static class Sql
{
    public static NpgsqlParameter Text(string? value) => new() { NpgsqlDbType = NpgsqlDbType.Text, Value = (object?)value ?? DBNull.Value };

    public static NpgsqlParameter Time(DateTimeOffset? at) =>
        new() { NpgsqlDbType = NpgsqlDbType.TimestampTz, Value = at is { } time ? time.ToUniversalTime() : DBNull.Value };

    public static NpgsqlParameter Texts(IEnumerable<string?> values) =>
        new() { NpgsqlDbType = NpgsqlDbType.Array | NpgsqlDbType.Text, Value = values.ToArray() };

    public static NpgsqlParameter Times(IEnumerable<DateTimeOffset?> values) => new()
    {
        NpgsqlDbType = NpgsqlDbType.Array | NpgsqlDbType.TimestampTz,
        Value = values.Select(value => value?.ToUniversalTime()).ToArray(),
    };

    public static NpgsqlParameter Numbers(IEnumerable<long> values) =>
        new() { NpgsqlDbType = NpgsqlDbType.Array | NpgsqlDbType.Bigint, Value = values.ToArray() };

    public static NpgsqlParameter Number(long value) => new() { NpgsqlDbType = NpgsqlDbType.Bigint, Value = value };
}

/// <summary>Look-ups by a text, of which those of the same instant are one statement.</summary>
static class Lookups
{
    /// <param name="select">Its one parameter is the keys, its first column the key of each row. Best a loop of index look-ups: it is planned while the table is empty.</param>
    public static GroupRead<string, TRow> By<TRow>(EventStore store, string select, Func<NpgsqlDataReader, TRow> read) => new(async (keys, cancellation) =>
    {
        await using var command = store.DataSource.CreateCommand(select);
        command.Parameters.Add(Sql.Texts(keys));
        await using var reader = await command.ExecuteReaderAsync(cancellation);
        var rows = new List<(string Key, TRow Row)>();
        while (await reader.ReadAsync(cancellation)) rows.Add((reader.GetString(0), read(reader)));
        return rows.ToLookup(row => row.Key, row => row.Row, StringComparer.Ordinal);
    });
}

/// <summary>Columns that may be null.</summary>
static class Columns
{
    public static string? Text(this NpgsqlDataReader row, int column) => row.IsDBNull(column) ? null : row.GetString(column);

    public static DateTimeOffset? Time(this NpgsqlDataReader row, int column) => row.IsDBNull(column) ? null : row.GetFieldValue<DateTimeOffset>(column);
}
