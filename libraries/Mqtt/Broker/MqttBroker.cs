using Microsoft.Extensions.Logging;

namespace FleetPlatform.Mqtt;

/// <summary>Routes messages between clients. Knows no sockets: connections are brought to it by <c>UseMqtt</c>.</summary>
public sealed partial class MqttBroker : IAsyncDisposable
{
    /// <param name="policy">Answers every question of trust.</param>
    /// <param name="options">Limits.</param>
    /// <param name="clock">For expiry and keep-alive.</param>
    /// <param name="log">Refusals at debug, our own failures at error.</param>
    public MqttBroker(IMqttPolicy policy, MqttBrokerOptions options, TimeProvider clock, ILogger<MqttBroker>? log = null)
    {
        _ = (policy, options, clock, log);
    }

    /// <summary>Those connected now. A snapshot without a lock: clients may come and go while it is walked.</summary>
    public IEnumerable<MqttClient> Clients => throw new InvalidOperationException(GetHashCode().ToString());

    /// <summary>The connected client of this id, or null.</summary>
    public MqttClient? Find(string clientId) => throw new InvalidOperationException(GetHashCode().ToString());

    /// <summary>Publishes on the server's own behalf to all who subscribed; asks <see cref="IMqttPolicy.AuthorizeReceive"/> but not AuthorizePublish.</summary>
    public void Publish(Publish publish) => throw new InvalidOperationException(GetHashCode().ToString());

    /// <summary>Ends the stored session of a client that is away; one that is connected is left alone.</summary>
    /// <returns>False when there was none.</returns>
    public bool DropStoredSession(string clientId) => throw new InvalidOperationException(GetHashCode().ToString());

    /// <summary>Ends every stored session that a principal owns, with its subscriptions, queue and delayed will.</summary>
    /// <returns>How many there were.</returns>
    public int DropStoredSessions(string principal) => throw new InvalidOperationException(GetHashCode().ToString());

    /// <summary>Closes every connection with "server shutting down"; wills are published.</summary>
    public ValueTask DisposeAsync() => throw new InvalidOperationException(GetHashCode().ToString());
}
