namespace FleetPlatform.Mqtt.Tests;

public class StoredSessionTests
{
    static Publish Message(string topic, string text, QoS qos = QoS.AtLeastOnce, bool retain = false, uint? expiry = null) => new()
    {
        Topic = topic, Payload = System.Text.Encoding.UTF8.GetBytes(text), QoS = qos, Retain = retain,
        Properties = expiry is null ? null : new MessageProperties { MessageExpiry = expiry },
    };

    [Theory] // [MQTT-3.1.2-4], [MQTT-3.1.2-5]
    [InlineData(ProtocolVersion.V311)]
    [InlineData(ProtocolVersion.V500)]
    public async Task A_persistent_session_keeps_subscriptions_and_QoS_1_while_away(ProtocolVersion version)
    {
        await using var test = await TestBroker.Start();
        uint? expiry = version == ProtocolVersion.V500 ? 600 : null;
        await using (var device = await test.Connect("d", version, clean: false, expiry: expiry))
        {
            device.ConnAck.SessionPresent.ShouldBeFalse();
            await device.Subscribe("t/#", QoS.AtLeastOnce);
            await device.Disconnect();
        }

        await Eventually.Is(() => test.Broker.StoredSessionCount == 1);
        test.Broker.Publish(Message("t/0", "lost", QoS.AtMostOnce));
        for (var i = 1; i <= 150; i++) test.Broker.Publish(Message($"t/{i}", "kept"));

        await using var again = await test.Connect("d", version, clean: false, expiry: expiry);
        again.ConnAck.SessionPresent.ShouldBeTrue(); // [MQTT-3.2.2-2]
        for (var i = 1; i <= 150; i++) (await again.Next()).Topic.ShouldBe($"t/{i}");
        test.Broker.StoredSessionCount.ShouldBe(0);
    }

    [Fact] // [MQTT-3.1.2-6]
    public async Task A_clean_start_discards_what_was_stored()
    {
        await using var test = await TestBroker.Start();
        await using (var device = await test.Connect("d", clean: false))
        {
            await device.Subscribe("t", QoS.AtLeastOnce);
            await device.Disconnect();
        }

        await Eventually.Is(() => test.Broker.StoredSessionCount == 1);
        await using (var clean = await test.Connect("d", clean: true)) clean.ConnAck.SessionPresent.ShouldBeFalse();
        await Eventually.Is(() => test.Broker.ClientCount == 0);
        await using var third = await test.Connect("d", clean: false);
        third.ConnAck.SessionPresent.ShouldBeFalse();
    }

    [Fact] // aws-protocol 9.6
    public async Task A_session_of_one_version_is_not_resumed_by_the_other()
    {
        await using var test = await TestBroker.Start();
        await using (var old = await test.Connect("d", ProtocolVersion.V311, clean: false)) await old.Disconnect();
        await Eventually.Is(() => test.Broker.StoredSessionCount == 1);
        await using var other = await test.Connect("d", ProtocolVersion.V500, clean: false, expiry: 600);
        other.ConnAck.SessionPresent.ShouldBeFalse();
    }

    [Fact] // [MQTT-3.1.2-23]
    public async Task A_stored_session_expires()
    {
        await using var test = await TestBroker.Start(new MqttBrokerOptions { SweepInterval = TimeSpan.FromMilliseconds(20), PersistentSessionExpiry = TimeSpan.FromMilliseconds(100) });
        await using (var device = await test.Connect("d", clean: false)) await device.Disconnect();
        await Eventually.Is(() => test.Broker.StoredSessionCount == 1);
        await Eventually.Is(() => test.Broker.StoredSessionCount == 0);
        await using var again = await test.Connect("d", clean: false);
        again.ConnAck.SessionPresent.ShouldBeFalse();
    }

    [Fact]
    public async Task Unacknowledged_messages_come_again_with_DUP()
    {
        await using var test = await TestBroker.Start();
        using (var raw = await RawConnection.Open(test.PlainPort))
        {
            await raw.Send(new Connect { Version = ProtocolVersion.V311, ClientId = "d", CleanStart = false }, ProtocolVersion.V311);
            await raw.Read(ProtocolVersion.V311);
            await raw.Send(new Subscribe { PacketId = 1, Filters = [new("t", QoS.AtLeastOnce)] }, ProtocolVersion.V311);
            await raw.Read(ProtocolVersion.V311);
            test.Broker.Publish(Message("t", "once"));
            (await raw.Read(ProtocolVersion.V311)).ShouldBeOfType<Publish>().Duplicate.ShouldBeFalse();
        }

        await Eventually.Is(() => test.Broker.StoredSessionCount == 1);
        await using var again = await test.Connect("d", clean: false);
        var message = await again.Next();
        message.Duplicate.ShouldBeTrue(); // [MQTT-3.3.1-1]
        message.Text().ShouldBe("once");
    }

    [Fact] // peers.md 3.2 case 21
    public async Task Rights_lost_while_away_are_lost()
    {
        await using var test = await TestBroker.Start();
        await using (var device = await test.Connect("d", clean: false))
        {
            await device.Subscribe("#", QoS.AtLeastOnce);
            await device.Disconnect();
        }

        await Eventually.Is(() => test.Broker.StoredSessionCount == 1);
        test.Broker.Publish(Message("secret", "x"));
        test.Broker.Publish(Message("open", "y"));
        test.Policy.OnReceive = (_, message) => message.Topic == "open";

        await using var again = await test.Connect("d", clean: false);
        (await again.Next()).Topic.ShouldBe("open");
    }

    [Fact] // peers.md 3.2 case 21
    public async Task Who_takes_a_session_over_while_a_message_is_on_its_way_is_asked_about_too()
    {
        await using var test = await TestBroker.Start();
        await using var former = await test.Connect("d", clean: false);
        await former.Subscribe("#", QoS.AtLeastOnce);
        var holder = test.Broker.Find("d");
        Task<MqttClientConnection>? taking = null;
        test.Policy.OnReceive = (client, message) =>
        {
            if (message.Topic == "open") return true;
            if (client != holder) return false;
            taking ??= test.Connect("d", clean: false);
            return SpinWait.SpinUntil(() => test.Broker.Find("d") is { } next && next != holder, TimeSpan.FromSeconds(30));
        };

        test.Broker.Publish(Message("secret", "x"));
        test.Broker.Publish(Message("open", "y"));

        await using var next = await taking!;
        (await next.Next()).Topic.ShouldBe("open");
    }

    [Fact]
    public async Task A_principals_stored_sessions_can_be_dropped()
    {
        await using var test = await TestBroker.Start();
        test.Policy.OnConnect = attempt => ConnectVerdict.Accept(null) with { Principal = attempt.ClientId[..1] };
        foreach (var id in new[] { "a1", "a2", "b1" })
        {
            await using var device = await test.Connect(id, clean: false);
            await device.Disconnect();
        }

        await Eventually.Is(() => test.Broker.StoredSessionCount == 3);
        test.Broker.DropStoredSessions(new HashSet<string> { "a" }).ShouldBe(2);
        test.Broker.DropStoredSession("b1").ShouldBeTrue();
        test.Broker.DropStoredSession("b1").ShouldBeFalse();
        test.Broker.StoredSessionCount.ShouldBe(0);
    }

    [Fact] // peers 3.2 case 21
    public async Task A_will_that_was_retained_goes_with_its_principal_and_other_messages_stay()
    {
        await using var test = await TestBroker.Start();
        test.Policy.OnConnect = attempt => ConnectVerdict.Accept(null) with { Principal = attempt.ClientId[..1] };
        await using (var device = await test.Connect("a1", will: new() { Topic = "state/a", Payload = "gone"u8.ToArray(), Retain = true }))
        {
            await device.Publish("config/a", "1"u8.ToArray(), QoS.AtLeastOnce, retain: true);
        }

        await Eventually.Is(() => test.Broker.RetainedCount == 2);
        test.Broker.DropStoredSessions(new HashSet<string> { "a" });
        test.Broker.RetainedCount.ShouldBe(1);
    }

    [Fact] // [MQTT-3.3.1-5] to [MQTT-3.3.1-8]
    public async Task Retained_messages_greet_new_subscribers_and_empty_ones_remove()
    {
        await using var test = await TestBroker.Start();
        await using var device = await test.Connect("d", ProtocolVersion.V500);
        await device.Publish("state/a", "1"u8.ToArray(), QoS.AtLeastOnce, retain: true);
        await device.Publish("state/a", "2"u8.ToArray(), QoS.AtLeastOnce, retain: true);
        await device.Publish("state/b", "3"u8.ToArray(), QoS.AtMostOnce, retain: true);
        await device.Publish("state/b", default, QoS.AtLeastOnce, retain: true);

        await device.Subscribe("state/+", QoS.AtLeastOnce);
        var greeting = await device.Next();
        greeting.Text().ShouldBe("2");
        greeting.Retain.ShouldBeTrue();

        await device.Publish("state/a", "4"u8.ToArray(), QoS.AtLeastOnce, retain: true);
        (await device.Next()).Retain.ShouldBeFalse(); // [MQTT-3.3.1-12]
        await device.Subscribe([new TopicSubscription("state/+", QoS.AtLeastOnce) { RetainHandling = RetainHandling.SendIfNew }], TestContext.Current.CancellationToken);
        await device.Subscribe([new TopicSubscription("state/a", QoS.AtLeastOnce) { RetainHandling = RetainHandling.DoNotSend, RetainAsPublished = true, NoLocal = true }], TestContext.Current.CancellationToken);
        test.Broker.Publish(Message("state/a", "5", retain: true));
        (await device.Next()).Text().ShouldBe("5");
        test.Broker.RetainedCount.ShouldBe(1);
    }

    [Fact] // aws-protocol 9.6
    public async Task Retained_messages_can_be_kept_from_wildcards_as_AWS_does()
    {
        await using var test = await TestBroker.Start(new MqttBrokerOptions { RetainedForWildcards = false, HashMatchesParent = false });
        test.Broker.Publish(Message("state/a", "1", retain: true));
        await using var device = await test.Connect("d");
        await device.Subscribe("state/+", QoS.AtLeastOnce);
        await device.Subscribe("state/a", QoS.AtLeastOnce);
        (await device.Next()).Retain.ShouldBeTrue();
        device.Incoming.TryRead(out _).ShouldBeFalse();
    }

    [Fact]
    public async Task Too_many_retained_topics_are_refused()
    {
        await using var test = await TestBroker.Start(new MqttBrokerOptions { MaximumRetainedMessages = 1 });
        await using var device = await test.Connect("d", ProtocolVersion.V500);
        (await device.Publish("a", new byte[1], QoS.AtLeastOnce, retain: true)).ShouldBe(ReasonCode.Success);
        (await device.Publish("b", new byte[1], QoS.AtLeastOnce, retain: true)).ShouldBe(ReasonCode.QuotaExceeded);
        (await device.Publish("a", new byte[2], QoS.AtLeastOnce, retain: true)).ShouldBe(ReasonCode.Success);
    }

    [Fact]
    public async Task Retained_messages_have_so_many_bytes_together()
    {
        await using var test = await TestBroker.Start(new MqttBrokerOptions { MaximumRetainedBytes = 2000 });
        await using var device = await test.Connect("d", ProtocolVersion.V500);
        (await device.Publish("a", new byte[1500], QoS.AtLeastOnce, retain: true)).ShouldBe(ReasonCode.Success);
        (await device.Publish("b", new byte[1500], QoS.AtLeastOnce, retain: true)).ShouldBe(ReasonCode.QuotaExceeded);
        (await device.Publish("a", new byte[100], QoS.AtLeastOnce, retain: true)).ShouldBe(ReasonCode.Success);
        (await device.Publish("b", new byte[1500], QoS.AtLeastOnce, retain: true)).ShouldBe(ReasonCode.Success);
        (await device.Publish("b", default, QoS.AtLeastOnce, retain: true)).ShouldBe(ReasonCode.Success);
        (await device.Publish("c", new byte[1500], QoS.AtLeastOnce, retain: true)).ShouldBe(ReasonCode.Success);
    }

    [Fact] // [MQTT-3.3.2-6]
    public async Task Message_expiry_counts_down_while_the_client_is_away()
    {
        await using var test = await TestBroker.Start();
        await using (var device = await test.Connect("d", ProtocolVersion.V500, clean: false, expiry: 600))
        {
            await device.Subscribe("t", QoS.AtLeastOnce);
            await device.Disconnect();
        }

        await Eventually.Is(() => test.Broker.StoredSessionCount == 1);
        test.Broker.Publish(Message("t", "x", expiry: uint.MaxValue));
        await using var again = await test.Connect("d", ProtocolVersion.V500, clean: false, expiry: 600);
        (await again.Next()).Properties!.MessageExpiry.ShouldBe(7u * 24 * 3600); // cut to the limit
    }

    [Fact] // [MQTT-3.1.3-9]
    public async Task A_delayed_will_is_called_off_by_a_reconnect_and_sent_otherwise()
    {
        await using var test = await TestBroker.Start();
        await using var watcher = await test.Connect("w");
        await watcher.Subscribe("will/#", QoS.AtLeastOnce);
        var late = new Will { Topic = "will/late", Payload = new byte[1], Delay = 1 };
        await using (await test.Connect("d", ProtocolVersion.V500, clean: false, will: late, expiry: 600)) { }
        await Eventually.Is(() => test.Broker.StoredSessionCount == 1);
        await using (var again = await test.Connect("d", ProtocolVersion.V500, clean: false, expiry: 600)) await again.Disconnect();

        await using (await test.Connect("e", ProtocolVersion.V500, clean: false, will: late with { Topic = "will/e" }, expiry: 600)) { }
        (await watcher.Next()).Topic.ShouldBe("will/e");
    }

    [Fact] // [MQTT-3.1.2-10], [MQTT-3.14.4-3]
    public async Task A_polite_goodbye_discards_the_will_unless_it_asks_for_it()
    {
        await using var test = await TestBroker.Start();
        await using var watcher = await test.Connect("w");
        await watcher.Subscribe("will/#", QoS.AtLeastOnce);
        var will = new Will { Topic = "will/polite", Payload = new byte[1] };
        await using (var polite = await test.Connect("d", ProtocolVersion.V500, will: will)) await polite.Disconnect();
        await using (var asking = await test.Connect("e", ProtocolVersion.V500, will: will with { Topic = "will/asked", Retain = true }))
            await asking.Disconnect(ReasonCode.DisconnectWithWill);
        (await watcher.Next()).Topic.ShouldBe("will/asked");
        await using (var failing = await test.Connect("f", ProtocolVersion.V500, will: will with { Topic = "will/failing" })) await failing.Disconnect(ReasonCode.UnspecifiedError);
        (await watcher.Next()).Topic.ShouldBe("will/failing");
        test.Broker.RetainedCount.ShouldBe(1);
    }

    [Fact] // peers.md 3.2 case 21
    public async Task A_will_is_authorised_again_when_it_falls_due()
    {
        await using var test = await TestBroker.Start();
        await using var watcher = await test.Connect("w");
        await watcher.Subscribe("#", QoS.AtLeastOnce);
        test.Policy.OnPublish = (client, _) => client.ClientId == "d" ? PublishVerdict.Refuse(ReasonCode.NotAuthorized) : PublishVerdict.Route;
        await using (await test.Connect("d", will: new Will { Topic = "will", Payload = new byte[1] })) { }
        await Eventually.Is(() => test.Policy.Left.Contains(("d", DisconnectCause.ConnectionLost)));
        await watcher.Publish("end", new byte[1], QoS.AtLeastOnce);
        (await watcher.Next()).Topic.ShouldBe("end");
    }
}
