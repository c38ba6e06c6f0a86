using Npgsql;

namespace FleetPlatform.Events.Subscriptions;

/// <summary>
/// The right to do what one replica does for all, as to run a subscription: an advisory lock that its connection holds. The database gives it away when the
/// connection ends, so a leader that cannot save its checkpoint on <see cref="Connection"/> is no leader any more.
/// </summary>
public sealed class Leadership : IAsyncDisposable
{
    Leadership(NpgsqlConnection connection) => Connection = connection;

    public NpgsqlConnection Connection { get; }

    /// <summary>Takes the right, or null while somebody else has it.</summary>
    /// <param name="dataSource">The database whose clients agree on it.</param>
    /// <param name="name">Of the right, as <c>fleet.subscription.audit</c>.</param>
    /// <param name="cancellation">Gives up.</param>
    /// <exception cref="NpgsqlException">The database is away.</exception>
    public static async Task<Leadership?> TryTake(NpgsqlDataSource dataSource, string name, CancellationToken cancellation)
    {
        var connection = await Outage.Open(dataSource, cancellation);
        if (await Lock(connection, "select pg_try_advisory_lock(hashtextextended($1, 0))", name, cancellation) is true) return new(connection);
        await connection.DisposeAsync();
        return null;
    }

    /// <summary>Takes the right; while somebody else has it, waits.</summary>
    /// <param name="dataSource">The database whose clients agree on it.</param>
    /// <param name="name">Of the right.</param>
    /// <param name="cancellation">Gives up; nothing else ends the wait.</param>
    /// <exception cref="NpgsqlException">The database is away.</exception>
    public static async Task<Leadership> Take(NpgsqlDataSource dataSource, string name, CancellationToken cancellation)
    {
        var connection = await Outage.Open(dataSource, cancellation);
        await Lock(connection, "select pg_advisory_lock(hashtextextended($1, 0))", name, cancellation);
        return new(connection);
    }

    static async Task<object?> Lock(NpgsqlConnection connection, string sql, string name, CancellationToken cancellation)
    {
        try
        {
            await using var command = new NpgsqlCommand(sql, connection) { Parameters = { new NpgsqlParameter<string> { TypedValue = name } }, CommandTimeout = 0 };
            return await command.ExecuteScalarAsync(cancellation);
        }
        catch
        {
            await Release(connection);
            throw;
        }
    }

    public async ValueTask DisposeAsync() => await Release(Connection);

    // The pool keeps the session, and with it the lock: it has to be given back by name.
    static async Task Release(NpgsqlConnection connection)
    {
        try
        {
            await using var command = new NpgsqlCommand("select pg_advisory_unlock_all()", connection);
            await command.ExecuteNonQueryAsync(CancellationToken.None);
        }
        catch (Exception failure) when (Outage.Is(failure))
        {
            // The connection is gone, and the lock with it.
        }

        await connection.DisposeAsync();
    }
}
