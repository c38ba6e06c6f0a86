using System.Reflection;
using FleetPlatform.Events.Projections;
using Npgsql;

namespace FleetPlatform.Events.Schema;

/// <summary>Applies the numbered scripts that a database has not seen, forward only, one process at a time.</summary>
sealed class Migrator(EventStore store)
{
    // Any constant; shared by all that migrate a database of this kind.
    const long MigrationLock = 0x666C656574_01;

    // A dump restored on another server brings transaction ids that this server has not reached: subscriptions would wait for them for years.
    // The order within streams is that of seq_id too, so all of it becomes one old transaction, and each checkpoint falls back to before its
    // first unhandled event: some are handled again, none is skipped.
    const string RebaseRestored = """
        do $$ begin
            if (select max(fleet_transaction_id) from mt_events) >= pg_snapshot_xmax(pg_current_snapshot()) then
                lock table mt_events in share row exclusive mode;
                update fleet_checkpoints c set transaction_id = '3'::xid8, seq_id = coalesce(
                    (select min(e.seq_id) - 1 from mt_events e where (e.fleet_transaction_id, e.seq_id) > (c.transaction_id, c.seq_id)),
                    (select max(e.seq_id) from mt_events e));
                update mt_events set fleet_transaction_id = '3'::xid8;
            end if;
        end $$
        """;

    static readonly (int Number, string Sql)[] Scripts =
        [.. typeof(Migrator).Assembly.GetManifestResourceNames()
            .Where(name => name.EndsWith(".sql", StringComparison.Ordinal))
            .Select(name => (Number: NumberOf(name), Sql: ReadScript(name)))
            .OrderBy(script => script.Number)];

    public async Task Run(CancellationToken cancellation)
    {
        try
        {
            await using var connection = await Outage.Open(store.DataSource, cancellation);
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

        await Execute(connection, RebaseRestored, cancellation);
        await BuildProjections(connection, cancellation);
        await transaction.CommitAsync(cancellation);
    }

    // New projections, and those whose version changed, are filled from the events that are there already.
    async Task BuildProjections(NpgsqlConnection connection, CancellationToken cancellation)
    {
        var built = await ReadBuilt(connection, cancellation);
        var outdated = new List<IInlineProjection>();
        foreach (var projection in store.Options.InlineProjections)
        {
            await Execute(connection, projection.Schema, cancellation);
            if (built.GetValueOrDefault(projection.Name) != projection.Version) outdated.Add(projection);
        }

        if (outdated.Count == 0) return;
        await Rebuild.Run(connection, store.EventTypes, outdated, cancellation);
        foreach (var projection in outdated)
        {
            await using var command = new NpgsqlCommand(
                "insert into fleet_projections (name, version) values ($1, $2) on conflict (name) do update set version = excluded.version, built = now()", connection)
            {
                Parameters = { new NpgsqlParameter<string> { TypedValue = projection.Name }, new NpgsqlParameter<int> { TypedValue = projection.Version } },
            };
            await command.ExecuteNonQueryAsync(cancellation);
        }
    }

    static async Task<Dictionary<string, int>> ReadBuilt(NpgsqlConnection connection, CancellationToken cancellation)
    {
        await using var command = new NpgsqlCommand("select name, version from fleet_projections", connection);
        await using var reader = await command.ExecuteReaderAsync(cancellation);
        var built = new Dictionary<string, int>(StringComparer.Ordinal);
        while (await reader.ReadAsync(cancellation)) built[reader.GetString(0)] = reader.GetInt32(1);
        return built;
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
