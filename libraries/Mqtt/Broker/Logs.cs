using Microsoft.Extensions.Logging;

namespace FleetPlatform.Mqtt;

static partial class Logs
{
    [LoggerMessage(1, LogLevel.Debug, "Connection of {Client} from {Peer} closed: {Reason}, {Detail}")]
    public static partial void Malformed(ILogger log, string client, string? peer, ReasonCode reason, string detail);

    [LoggerMessage(2, LogLevel.Error, "Connection of {Client} failed")]
    public static partial void ConnectionFailed(ILogger log, string client, Exception failure);

    [LoggerMessage(3, LogLevel.Error, "A reserved message of {Client} was not taken")]
    public static partial void ReservedFailed(ILogger log, string client, Exception failure);

    [LoggerMessage(4, LogLevel.Error, "The sweep failed; the next one tries again")]
    public static partial void SweepFailed(ILogger log, Exception failure);

    [LoggerMessage(5, LogLevel.Debug, "TLS handshake with {Peer} failed: {Reason}")]
    public static partial void HandshakeFailed(ILogger log, string? peer, string reason);
}
