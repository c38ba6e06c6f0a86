using System.Net.Sockets;
using Npgsql;

namespace FleetPlatform.Events;

/// <summary>Tells "the database is not there" from "the database said no", by SQLSTATE and exception type, never by message.</summary>
static class Outage
{
    /// <summary>Opens a connection; whatever the server objects to (starting, closed for connections, wrong password) is an outage to the caller.</summary>
    public static async Task<NpgsqlConnection> Open(NpgsqlDataSource dataSource, CancellationToken cancellation)
    {
        try
        {
            return await dataSource.OpenConnectionAsync(cancellation);
        }
        catch (PostgresException refused)
        {
            throw new NpgsqlException("The server refuses the connection.", refused);
        }
    }

    public static bool Is(Exception failure) => failure switch
    {
        PostgresException refused => refused.SqlState is
            PostgresErrorCodes.QueryCanceled           // our own time-out
            or PostgresErrorCodes.ReadOnlySqlTransaction // a standby after a fail-over
            or PostgresErrorCodes.LockNotAvailable
            || refused.SqlState.StartsWith("08", StringComparison.Ordinal)    // connection
            || refused.SqlState.StartsWith("53", StringComparison.Ordinal)    // out of connections, disk, memory
            || refused.SqlState.StartsWith("57P", StringComparison.Ordinal)   // shutting down, starting up
            || refused.SqlState.StartsWith("58", StringComparison.Ordinal),   // input/output
        NpgsqlException or TimeoutException or SocketException or IOException => true,
        // A connection that Npgsql closed under us while another failure was on its way.
        ObjectDisposedException or InvalidOperationException { Source: "Npgsql" } => true,
        // The driver out of step with the server, after a statement failed while it was being prepared automatically (npgsql issue 6391). It drops the
        // connection; the next one is sound.
        _ => failure.GetType() == typeof(Exception) && failure.Source == "Npgsql",
    };
}
