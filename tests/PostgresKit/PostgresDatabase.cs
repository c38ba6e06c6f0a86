using Npgsql;

namespace FleetPlatform.PostgresKit;

/// <summary>A fresh database on a real PostgreSQL, dropped when disposed.</summary>
public sealed class PostgresDatabase : IAsyncDisposable
{
    readonly string _server;

    PostgresDatabase(string server, string name)
    {
        _server = server;
        Name = name;
        ConnectionString = new NpgsqlConnectionStringBuilder(server)
        {
            Database = name,
            MaxAutoPrepare = 64,
            AutoPrepareMinUsages = 2,
            NoResetOnClose = true,
            MaxPoolSize = 40,
        }.ConnectionString;
        DataSource = NpgsqlDataSource.Create(ConnectionString);
    }

    public string Name { get; }

    public string ConnectionString { get; }

    public NpgsqlDataSource DataSource { get; }

    /// <summary>Creates it on the server that <c>FLEET_TEST_POSTGRES</c> names, or on one native server started for this process.</summary>
    public static async Task<PostgresDatabase> Create() => await Create(
        Environment.GetEnvironmentVariable("FLEET_TEST_POSTGRES") is { Length: > 0 } given ? given : await NativeServer.ConnectionString);

    /// <summary>The same for benches: on a server that waits for the disk, which <c>FLEET_BENCH_POSTGRES</c> names or which is started here.</summary>
    public static async Task<PostgresDatabase> CreateDurable() => await Create(
        Environment.GetEnvironmentVariable("FLEET_BENCH_POSTGRES") is { Length: > 0 } given ? given : await NativeServer.Start(durable: true));

    static async Task<PostgresDatabase> Create(string server)
    {
        var name = $"test_{Guid.CreateVersion7():N}";
        await Execute(server, $"create database {name}");
        return new(server, name);
    }

    /// <summary>Runs one statement in the database.</summary>
    public async Task Execute(string sql)
    {
        await using var command = DataSource.CreateCommand(sql);
        await command.ExecuteNonQueryAsync();
    }

    /// <summary>Reads the first column of the first row.</summary>
    public async Task<T> Scalar<T>(string sql)
    {
        await using var command = DataSource.CreateCommand(sql);
        return (T)(await command.ExecuteScalarAsync())!;
    }

    public async ValueTask DisposeAsync()
    {
        await DataSource.DisposeAsync();
        await Execute(_server, $"drop database if exists {Name} with (force)");
    }

    static async Task Execute(string server, string sql)
    {
        // Not pooled: the maintenance connection must not outlive the statement.
        await using var connection = new NpgsqlConnection(
            new NpgsqlConnectionStringBuilder(server) { Pooling = false, Timeout = 30, CommandTimeout = 60 }.ConnectionString);
        await connection.OpenAsync();
        await using var command = new NpgsqlCommand(sql, connection);
        await command.ExecuteNonQueryAsync();
    }
}
