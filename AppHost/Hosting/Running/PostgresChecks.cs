using System.Net.Sockets;
using Aspire.Hosting.ApplicationModel;
using Npgsql;

namespace Aspire.Hosting.Running;

static class PostgresChecks
{
    public static async Task<string?> FindTrouble(PostgresServerResource server, CancellationToken cancellation)
    {
        try
        {
            await using var connection = await Open(server, cancellation);
            return null;
        }
        catch (PostgresException refused) when (refused.SqlState is PostgresErrorCodes.InvalidPassword or PostgresErrorCodes.InvalidAuthorizationSpecification)
        {
            throw new DistributedApplicationException(Refusals.OfPassword(server, refused.MessageText), refused);
        }
        catch (PostgresException refused)
        {
            return refused.MessageText; // starting, or without the database that the connection string names
        }
        catch (Exception away) when (away is NpgsqlException or TimeoutException or SocketException)
        {
            return away.InnerException is { } cause && cause.Message != away.Message ? $"{away.Message}: {cause.Message}" : away.Message;
        }
    }

    public static async Task CreateDatabases(PostgresServerResource server, CancellationToken cancellation)
    {
        await using var connection = await Open(server, cancellation);
        foreach (var database in server.Databases.Values)
        {
            await using var exists = new NpgsqlCommand("select 1 from pg_database where datname = $1", connection) { Parameters = { new() { Value = database } } };
            if (await exists.ExecuteScalarAsync(cancellation) is not null)
            {
                if (server.ConfiguredConnectionString is not null) await CheckRights(server, database, cancellation);
                continue;
            }

            await using var create = new NpgsqlCommand($"create database \"{database.Replace("\"", "\"\"", StringComparison.Ordinal)}\"", connection);
            try
            {
                await create.ExecuteNonQueryAsync(cancellation);
            }
            catch (PostgresException refused) when (refused.SqlState == PostgresErrorCodes.InsufficientPrivilege)
            {
                throw new DistributedApplicationException($"'{server.Name}' does not let its user create the database '{database}'. Create it there, or grant the user CREATEDB.", refused);
            }
        }
    }

    // Databases made by somebody else may belong to somebody else: services would only die of it, one after another.
    static async Task CheckRights(PostgresServerResource server, string database, CancellationToken cancellation)
    {
        try
        {
            await using var connection = await Open(server, cancellation, database);
            await using var may = new NpgsqlCommand("select current_schema() is not null and has_schema_privilege(current_schema(), 'create')", connection);
            if (await may.ExecuteScalarAsync(cancellation) is true) return;
        }
        catch (PostgresException refused) when (refused.SqlState == PostgresErrorCodes.InsufficientPrivilege)
        {
            // Not even a connection.
        }

        throw new DistributedApplicationException(
            $"'{server.Name}' does not let its user create tables in the database '{database}'. Make the user its owner: alter database \"{database}\" owner to USER");
    }

    static async Task<NpgsqlConnection> Open(PostgresServerResource server, CancellationToken cancellation, string? database = null)
    {
        var text = await ((IResourceWithConnectionString)server).GetConnectionStringAsync(cancellation);
        var settings = new NpgsqlConnectionStringBuilder(text) { Pooling = false, Timeout = 3, CommandTimeout = 30 };
        settings.Database = database ?? settings.Database ?? "postgres";
        var connection = new NpgsqlConnection(settings.ConnectionString);
        try
        {
            await connection.OpenAsync(cancellation);
            return connection;
        }
        catch
        {
            await connection.DisposeAsync();
            throw;
        }
    }
}
