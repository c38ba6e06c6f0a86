using Npgsql;

namespace FleetPlatform.Events.Writing;

/// <summary>Recognises a version conflict by SQLSTATE and constraint, and finds whose it is by looking at the streams.</summary>
static class Conflicts
{
    public static bool IsConflict(PostgresException refused) =>
        refused.SqlState == PostgresErrorCodes.UniqueViolation &&
        refused.ConstraintName is "pk_mt_events_stream_and_version" or "pkey_mt_streams_id";

    public static async Task<Dictionary<string, long>> ReadVersions(
        NpgsqlConnection connection, IReadOnlyList<PendingAppend> batch, TimeSpan timeout)
    {
        await using var command = new NpgsqlCommand(
            "select s.id, s.version from unnest($1) as i (id) join mt_streams s on s.id = i.id", connection)
        {
            CommandTimeout = (int)Math.Ceiling(timeout.TotalSeconds),
            Parameters =
            {
                new NpgsqlParameter<string[]> { TypedValue = [.. batch.SelectMany(append => append.Streams).Select(write => write.Id.Value)] },
            },
        };
        await using var reader = await command.ExecuteReaderAsync();
        var versions = new Dictionary<string, long>(StringComparer.Ordinal);
        while (await reader.ReadAsync()) versions[reader.GetString(0)] = reader.GetInt64(1);
        return versions;
    }

    public static ConcurrencyException? Find(PendingAppend append, Dictionary<string, long> versions)
    {
        foreach (var write in append.Streams)
        {
            var actual = versions.GetValueOrDefault(write.Id.Value);
            if (actual != write.ExpectedVersion) return new(write.Id, write.ExpectedVersion, actual);
        }

        return null;
    }
}
