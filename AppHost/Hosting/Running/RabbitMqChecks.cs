using System.Net.Sockets;
using Aspire.Hosting.ApplicationModel;
using RabbitMQ.Client;
using RabbitMQ.Client.Exceptions;

namespace Aspire.Hosting.Running;

static class RabbitMqChecks
{
    public static async Task<bool> IsHealthy(RabbitMQServerResource server, CancellationToken cancellation)
    {
        var uri = new Uri((await ((IResourceWithConnectionString)server).GetConnectionStringAsync(cancellation))!);
        if (!await IsListening(uri.Host, uri.Port < 0 ? 5672 : uri.Port, cancellation)) return false;
        try
        {
            var factory = new ConnectionFactory { Uri = uri, RequestedConnectionTimeout = TimeSpan.FromSeconds(5), AutomaticRecoveryEnabled = false, ClientProvidedName = "fleet host" };
            await using var connection = await factory.CreateConnectionAsync(cancellation);
            await connection.CloseAsync(cancellation);
            return true;
        }
        catch (BrokerUnreachableException refused) when (refused.InnerException is AuthenticationFailureException or PossibleAuthenticationFailureException)
        {
            throw new DistributedApplicationException(Refusals.OfPassword(server), refused);
        }
        catch (BrokerUnreachableException)
        {
            return false;
        }
        catch (AlreadyClosedException)
        {
            return false;
        }
    }

    public static Task<bool> IsListening(int port, CancellationToken cancellation) => IsListening("127.0.0.1", port, cancellation);

    static async Task<bool> IsListening(string host, int port, CancellationToken cancellation)
    {
        using var socket = new Socket(SocketType.Stream, ProtocolType.Tcp);
        try
        {
            await socket.ConnectAsync(host, port, cancellation);
            return true;
        }
        catch (SocketException)
        {
            return false;
        }
    }
}
