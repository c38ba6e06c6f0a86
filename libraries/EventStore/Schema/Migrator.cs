using System.Reflection;
using Npgsql;

namespace FleetPlatform.Events.Schema;

/// <summary>Applies the numbered scripts that a database has not seen, forward only, one process at a time.</summary>
sealed class Migrator(EventStore store)
{
    // Any constant; shared by all that migrate a database of this kind.
    const long MigrationLock = 0x666C656574_01;

    static readonly (int Number, string Sql)[] Scripts =
        [.. typeof(Migrator).Assembly.GetManifestResourceNames()
            .Where(name => name.EndsWith(".sql", StringComparison.Ordinal))
            .Select(name => (Number: NumberOf(name), Sql: ReadScript(name)))
            .OrderBy(script => script.Number)];

    public async Task Run(CancellationToken cancellation)
    {
        try
        {
            await using var connection = await store.DataSource.OpenConnectionAsync(cancellation);
            // Waited for outside a transaction, so that what others committed meanwhile is seen.
            await Execute(connection, $"select pg_advisory_lock({MigrationLock})", cancellation);
            try
            {
                await Migrate(connection, cancellation);
            }
            finally
            {
                await Execute(connection, $"select pg_advisory_unlock({MigrationLock})", CancellationToken.None);
            }
        }
        catch (Exception failure) when (Outage.Is(failure))
        {
            throw new EventStoreUnavailableException("The database's schema could not be brought up to date.", failure);
        }
    }

    async Task Migrate(NpgsqlConnection connection, CancellationToken cancellation)
    {
        await using var transaction = await connection.BeginTransactionAsync(cancellation);
        await Execute(connection, "create table if not exists fleet_schema (number int primary key, applied timestamptz not null default now())", cancellation);
        var applied = await ReadApplied(connection, cancellation);
        foreach (var (number, sql) in Scripts)
        {
            if (applied.Contains(number)) continue;
            await Execute(connection, sql, cancellation);
            await Execute(connection, $"insert into fleet_schema (number) values ({number})", cancellation);
        }

        foreach (var projection in store.Options.InlineProjections) await Execute(connection, projection.Schema, cancellation);
        await transaction.CommitAsync(cancellation);
    }

    static async Task<HashSet<int>> ReadApplied(NpgsqlConnection connection, CancellationToken cancellation)
    {
        await using var command = new NpgsqlCommand("select number from fleet_schema", connection);
        await using var reader = await command.ExecuteReaderAsync(cancellation);
        var applied = new HashSet<int>();
        while (await reader.ReadAsync(cancellation)) applied.Add(reader.GetInt32(0));
        return applied;
    }

    static async Task Execute(NpgsqlConnection connection, string sql, CancellationToken cancellation)
    {
        if (string.IsNullOrWhiteSpace(sql)) return;
        // A replica may wait here while another one rebuilds a projection: no time-out.
        await using var command = new NpgsqlCommand(sql, connection) { CommandTimeout = 0 };
        await command.ExecuteNonQueryAsync(cancellation);
    }

    static int NumberOf(string resource) => int.Parse(resource.Split('.')[^2].AsSpan(0, 3), System.Globalization.CultureInfo.InvariantCulture);

    static string ReadScript(string resource)
    {
        using var stream = Assembly.GetExecutingAssembly().GetManifestResourceStream(resource)!;
        using var reader = new StreamReader(stream);
        return reader.ReadToEnd();
    }
}
