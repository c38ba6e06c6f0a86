using System.Net.Sockets;
using System.Threading.Channels;

namespace FleetPlatform.Mqtt;

/// <summary>Which exceptions only say that the peer is gone. They are normal, frequent, and never logged with a stack.</summary>
static class ConnectionLoss
{
    public static bool Is(Exception exception) =>
        exception is IOException or SocketException or ObjectDisposedException or OperationCanceledException
            or ChannelClosedException or InvalidOperationException { Source: "System.IO.Pipelines" or "System.Net.Security" };
}
