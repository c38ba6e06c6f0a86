using Aspire.Hosting.ApplicationModel;
using Npgsql;

namespace Aspire.Hosting.Running;

static class PostgresChecks
{
    public static async Task<bool> IsHealthy(PostgresServerResource server, CancellationToken cancellation)
    {
        try
        {
            await using var connection = await Open(server, cancellation);
            return true;
        }
        catch (PostgresException refused) when (refused.SqlState is PostgresErrorCodes.InvalidPassword or PostgresErrorCodes.InvalidAuthorizationSpecification)
        {
            throw new DistributedApplicationException(Refusals.OfPassword(server), refused);
        }
        catch (NpgsqlException)
        {
            return false; // not up yet
        }
        catch (TimeoutException)
        {
            return false;
        }
    }

    public static async Task CreateDatabases(PostgresServerResource server, CancellationToken cancellation)
    {
        await using var connection = await Open(server, cancellation);
        foreach (var database in server.Databases.Values)
        {
            await using var exists = new NpgsqlCommand("select 1 from pg_database where datname = $1", connection) { Parameters = { new() { Value = database } } };
            if (await exists.ExecuteScalarAsync(cancellation) is not null) continue;
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

    static async Task<NpgsqlConnection> Open(PostgresServerResource server, CancellationToken cancellation)
    {
        var text = await ((IResourceWithConnectionString)server).GetConnectionStringAsync(cancellation);
        var settings = new NpgsqlConnectionStringBuilder(text) { Pooling = false, Timeout = 3, CommandTimeout = 30 };
        settings.Database ??= "postgres";
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
