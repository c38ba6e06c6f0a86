using System.Net.Sockets;
using Aspire.Hosting.ApplicationModel;
using RabbitMQ.Client;
using RabbitMQ.Client.Exceptions;

namespace Aspire.Hosting.Running;

static class RabbitMqChecks
{
    static readonly TimeSpan ConnectPatience = TimeSpan.FromSeconds(3);

    public static async Task<string?> FindTrouble(RabbitMQServerResource server, CancellationToken cancellation)
    {
        var uri = new Uri((await ((IResourceWithConnectionString)server).GetConnectionStringAsync(cancellation))!);
        var factory = new ConnectionFactory { Uri = uri, RequestedConnectionTimeout = TimeSpan.FromSeconds(5), AutomaticRecoveryEnabled = false, ClientProvidedName = "fleet host" };
        factory.Ssl.ServerName = uri.Host;
        if (!await IsListening(uri.Host, factory.Endpoint.Port, cancellation)) return $"nothing listens on {uri.Host}:{factory.Endpoint.Port}";
        try
        {
            await using var connection = await factory.CreateConnectionAsync(cancellation);
            await using var channel = await connection.CreateChannelAsync(cancellationToken: cancellation); // only now a virtual host that is not there is refused
            await connection.CloseAsync(cancellation);
            return null;
        }
        catch (BrokerUnreachableException refused) when (refused.InnerException is AuthenticationFailureException or PossibleAuthenticationFailureException)
        {
            throw new DistributedApplicationException(Refusals.OfPassword(server, refused.InnerException.Message), refused);
        }
        catch (OperationInterruptedException refused)
        {
            return refused.ShutdownReason?.ReplyText ?? refused.Message; // closing, or without the virtual host that the address names
        }
        catch (Exception away) when (away is BrokerUnreachableException or IOException)
        {
            return away.GetBaseException().Message;
        }
    }

    public static Task<bool> IsListening(int port, CancellationToken cancellation) => IsListening("127.0.0.1", port, cancellation);

    static async Task<bool> IsListening(string host, int port, CancellationToken cancellation)
    {
        using var socket = new Socket(SocketType.Stream, ProtocolType.Tcp);
        using var limited = CancellationTokenSource.CreateLinkedTokenSource(cancellation);
        limited.CancelAfter(ConnectPatience);
        try
        {
            await socket.ConnectAsync(host, port, limited.Token);
            return true;
        }
        catch (SocketException)
        {
            return false;
        }
        catch (OperationCanceledException) when (!cancellation.IsCancellationRequested)
        {
            return false;
        }
    }
}
