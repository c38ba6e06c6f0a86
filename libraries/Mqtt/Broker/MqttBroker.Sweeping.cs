namespace FleetPlatform.Mqtt;

/// <summary>What time brings about: silence, expiry, delayed wills. One timer for all, instead of one per connection.</summary>
public sealed partial class MqttBroker
{
    // How long an ended connection may take to write its last bytes before it is cut.
    static readonly TimeSpan Grace = TimeSpan.FromSeconds(2);
    int _sweeps;

    void Sweep()
    {
        if (Interlocked.Exchange(ref _sweeping, 1) != 0) return; // the last one is still at it
        try
        {
            SweepClients();
            var now = Clock.GetUtcNow();
            foreach (var (_, seat) in _seats)
            {
                if (seat.Client is null && (seat.ExpiresAt <= now || seat.DelayedWill is not null)) SweepStored(seat, now);
            }

            if (++_sweeps % 60 == 0) _retained.RemoveExpired(now);
        }
        catch (Exception failure)
        {
            Logs.SweepFailed(Log, failure);
        }
        finally
        {
            Volatile.Write(ref _sweeping, 0);
        }
    }

    void SweepClients()
    {
        foreach (var (_, client) in _clients)
        {
            var silence = Clock.GetElapsedTime(Volatile.Read(ref client.LastHeard));
            if (!client.IsConnected)
            {
                if (silence > Grace) client.Outbox.Abort();
            }
            else if (Mqtt.KeepAlive.IsOverdue(silence, client.KeepAlive))
            {
                client.Fail(ReasonCode.KeepAliveTimeout, DisconnectCause.KeepAliveTimeout, MqttFaultKind.KeepAliveTimeout,
                    $"Nothing was heard for {silence.TotalSeconds:0} s; its keep-alive is {client.KeepAlive.TotalSeconds:0} s.");
            }
        }
    }

    void SweepStored(Seat seat, DateTimeOffset now)
    {
        (MqttClient Client, Will Will)? due = null;
        lock (seat.Gate)
        {
            if (seat.IsRemoved || seat.Client is not null) return;
            var ends = seat.ExpiresAt <= now;
            if (seat.DelayedWill is { } delayed && (ends || delayed.DueAt <= now))
            {
                seat.DelayedWill = null;
                due = (delayed.Client, delayed.Will);
            }

            if (ends) // [MQTT-4.1.0-2]
            {
                EndSession(seat);
                Remove(seat);
            }
        }

        if (due is { } will) PublishWill(will.Client, will.Will);
    }

    /// <summary>Publishes a will, if its client may still publish it.</summary>
    void PublishWill(MqttClient client, Will will)
    {
        var publish = will.ToPublish();
        if (publish.Properties is { } properties) publish = Check(publish, properties);
        if (Policy.AuthorizePublish(client, publish).Kind != PublishVerdict.Course.Route) return;
        if (publish.Retain) _retained.Keep(publish, client.Principal); // [MQTT-3.1.2-15]; 3.1.1: [MQTT-3.1.2-17]
        var batch = FlushBatch.Rent();
        try
        {
            Route(publish, client.ClientId, batch);
        }
        finally
        {
            batch.Dispatch();
        }
    }
}
