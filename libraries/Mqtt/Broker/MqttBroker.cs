using System.Collections.Concurrent;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Logging.Abstractions;

namespace FleetPlatform.Mqtt;

/// <summary>Routes messages between clients. Knows no sockets: connections are brought to it by <c>UseMqtt</c>.</summary>
public sealed partial class MqttBroker : IAsyncDisposable
{
    readonly ConcurrentDictionary<string, Seat> _seats = new(StringComparer.Ordinal);
    readonly ConcurrentDictionary<string, MqttClient> _clients = new(StringComparer.Ordinal); // by session id
    readonly TopicTree<Subscription> _subscriptions;
    readonly RetainedMessages _retained;
    readonly SessionLimits _sessionLimits;
    readonly ITimer _sweeper;
    int _storedSessions;
    int _sweeping;
    volatile bool _isShutDown;

    /// <param name="policy">Answers every question of trust.</param>
    /// <param name="options">Limits.</param>
    /// <param name="clock">For expiry and keep-alive.</param>
    /// <param name="log">Refusals at debug, our own failures at error.</param>
    public MqttBroker(IMqttPolicy policy, MqttBrokerOptions options, TimeProvider clock, ILogger<MqttBroker>? log = null)
    {
        Policy = policy;
        Options = options;
        Clock = clock;
        Log = log ?? NullLogger<MqttBroker>.Instance;
        _subscriptions = new TopicTree<Subscription>(options.HashMatchesParent);
        _retained = new RetainedMessages(options.MaximumRetainedMessages, options.MaximumRetainedBytes);
        _sessionLimits = new SessionLimits(options.MaximumInflight, options.MaximumQueuedMessages, options.MaximumQueuedBytes);
        _sweeper = clock.CreateTimer(_ => Sweep(), null, options.SweepInterval, options.SweepInterval);
    }

    internal IMqttPolicy Policy { get; }
    internal MqttBrokerOptions Options { get; }
    internal TimeProvider Clock { get; }
    internal ILogger Log { get; }

    /// <summary>Those connected now. A snapshot without a lock: clients may come and go while it is walked.</summary>
    public IEnumerable<MqttClient> Clients
    {
        get
        {
            foreach (var (_, client) in _clients)
            {
                if (client.IsConnected) yield return client;
            }
        }
    }

    /// <summary>How many are connected now.</summary>
    public int ClientCount => _clients.Count;

    /// <summary>How many sessions wait for their client to come back.</summary>
    public int StoredSessionCount => Volatile.Read(ref _storedSessions);

    /// <summary>How many topics have a retained message.</summary>
    public int RetainedCount => _retained.Count;

    /// <summary>The connected client of this id, or null.</summary>
    public MqttClient? Find(string clientId) =>
        _seats.TryGetValue(clientId, out var seat) && seat.Client is { IsConnected: true } client ? client : null;

    /// <summary>Publishes on the server's own behalf to all who subscribed; asks <see cref="IMqttPolicy.AuthorizeReceive"/> but not AuthorizePublish.</summary>
    /// <exception cref="ArgumentException">The topic is empty, or has wildcards or control characters.</exception>
    public void Publish(Publish publish)
    {
        if (!TopicName.IsValid(publish.Topic, ushort.MaxValue, ushort.MaxValue)) throw new ArgumentException("Not a topic to publish on.", nameof(publish));
        if (publish.Properties is { } properties) publish = Check(publish, properties);
        if (publish.Retain) Keep(publish);
        var batch = FlushBatch.Rent();
        try
        {
            Route(publish, null, batch);
        }
        finally
        {
            batch.Dispatch();
        }
    }

    /// <summary>Ends the stored session of a client that is away; one that is connected is left alone.</summary>
    /// <returns>False when there was none.</returns>
    public bool DropStoredSession(string clientId) => _seats.TryGetValue(clientId, out var seat) && DropIfStored(seat, _ => true);

    /// <summary>Ends every stored session that these principals own, with its subscriptions, queue and delayed will, and removes the wills they left retained.</summary>
    /// <returns>How many sessions there were.</returns>
    public int DropStoredSessions(IReadOnlySet<string> principals)
    {
        var dropped = 0;
        foreach (var (_, seat) in _seats)
        {
            if (DropIfStored(seat, each => principals.Contains(each.Principal))) dropped++;
        }

        _retained.RemoveWills(principals);
        return dropped;
    }

    /// <summary>Closes every connection with "server shutting down"; wills are published.</summary>
    public async ValueTask DisposeAsync()
    {
        _isShutDown = true;
        await _sweeper.DisposeAsync();
        foreach (var (_, client) in _clients) client.End(ReasonCode.ServerShuttingDown, DisconnectCause.ServerShutdown);
    }

    bool DropIfStored(Seat seat, Predicate<Seat> condition)
    {
        lock (seat.Gate)
        {
            if (seat.IsRemoved || seat.Client is not null || seat.Session is null || !condition(seat)) return false;
            seat.DelayedWill = null;
            EndSession(seat);
            Remove(seat);
            return true;
        }
    }

    /// <summary>Forgets a session and its subscriptions. Under the seat's gate.</summary>
    void EndSession(Seat seat)
    {
        if (seat.Subscriptions is { } subscriptions)
        {
            foreach (var subscription in subscriptions.Values) _subscriptions.Remove(subscription.Filter, subscription);
        }

        if (seat.ExpiresAt is not null) Interlocked.Decrement(ref _storedSessions);
        seat.Subscriptions = null;
        seat.Session = null;
        seat.ExpiresAt = null;
    }

    /// <summary>Takes an empty seat out of the table. Under its gate.</summary>
    void Remove(Seat seat)
    {
        seat.IsRemoved = true;
        _seats.TryRemove(new KeyValuePair<string, Seat>(seat.ClientId, seat));
    }
}
