using Npgsql;

namespace Aspire.Hosting.Running;

/// <summary>Reads the connection strings that configuration gives for servers. What is wrong in them is not quoted: it may be a part of the password.</summary>
static class ConfiguredServers
{
    /// <exception cref="DistributedApplicationException">It is none; the message says how one is written.</exception>
    public static void CheckPostgres(string name, string text)
    {
        try
        {
            if (new NpgsqlConnectionStringBuilder(text).Host is { Length: > 0 }) return;
        }
        catch (ArgumentException)
        {
            // Explained below.
        }

        throw new DistributedApplicationException(
            $"ConnectionStrings__{name} is no connection string of PostgreSQL. Write: Host=db.example;Port=5432;Username=fleet;Password='…' (a value with ; = or spaces in single quotes; a URL is not understood).");
    }

    /// <exception cref="DistributedApplicationException">It is none; the message says how one is written.</exception>
    public static void CheckRabbit(string name, string text)
    {
        if (Uri.TryCreate(text, UriKind.Absolute, out var address) && address is { Scheme: "amqp" or "amqps", Host.Length: > 0 }) return;
        throw new DistributedApplicationException(
            $"ConnectionStrings__{name} is no address of RabbitMQ. Write: amqp://user:password@bus.example:5672/virtual-host (amqps:// for TLS; special characters as %XX).");
    }
}
