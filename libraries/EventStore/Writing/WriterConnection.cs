using Npgsql;

namespace FleetPlatform.Events.Writing;

/// <summary>A writer's own connection: kept open, opened again after a failure, probed after a rest.</summary>
sealed class WriterConnection(NpgsqlDataSource dataSource, TimeSpan timeout, TimeProvider clock) : IAsyncDisposable
{
    // A server that restarted meanwhile is noticed by the probe, where a repeat is harmless, and not by a commit.
    static readonly TimeSpan ProbeAfter = TimeSpan.FromSeconds(2);

    // Plans are kept for the connection's life and are made while the tables are still small; only index plans stay right.
    const string Settings = "set enable_seqscan = off; set enable_hashjoin = off; set enable_mergejoin = off; set jit = off";

    NpgsqlConnection? _connection;
    long _usedAt;

    public async ValueTask<NpgsqlConnection> Get()
    {
        if (_connection is not null)
        {
            if (clock.GetElapsedTime(_usedAt) < ProbeAfter || await Answers(_connection)) return _connection;
            await Drop();
        }

        using var limit = new CancellationTokenSource(timeout);
        try
        {
            var connection = await Outage.Open(dataSource, limit.Token);
            await Execute(connection, Settings);
            _connection = connection;
        }
        catch (OperationCanceledException slow)
        {
            throw new TimeoutException($"No connection to the database within {timeout}.", slow);
        }

        Used();
        return _connection;
    }

    public void Used() => _usedAt = clock.GetTimestamp();

    public async Task Drop()
    {
        if (_connection is null) return;
        var connection = _connection;
        _connection = null;
        try
        {
            // The settings above must not reach the pool's other users.
            if (connection.FullState == System.Data.ConnectionState.Open) await Execute(connection, "reset all");
        }
        catch (Exception failure) when (Outage.Is(failure))
        {
            // It is broken, and the pool will not keep it.
        }

        await connection.DisposeAsync();
    }

    public async ValueTask DisposeAsync() => await Drop();

    async Task<bool> Answers(NpgsqlConnection connection)
    {
        try
        {
            await Execute(connection, "select 1");
            return true;
        }
        catch (Exception failure) when (Outage.Is(failure))
        {
            return false;
        }
    }

    async Task Execute(NpgsqlConnection connection, string sql)
    {
        await using var command = new NpgsqlCommand(sql, connection) { CommandTimeout = (int)Math.Ceiling(timeout.TotalSeconds) };
        await command.ExecuteNonQueryAsync();
    }
}
