namespace FleetPlatform.Mqtt.Tests;

public class PublishingTests
{
    [Fact]
    public async Task A_refused_publish_has_the_documented_end()
    {
        await using var test = await TestBroker.Start();
        test.Policy.OnPublish = (_, publish) => publish.Topic == "no" ? PublishVerdict.Refuse(ReasonCode.NotAuthorized) : PublishVerdict.Route;

        await using var five = await test.Connect("five", ProtocolVersion.V500);
        (await five.Publish("no", new byte[1], QoS.AtLeastOnce)).ShouldBe(ReasonCode.NotAuthorized);
        (await five.Publish("yes", new byte[1], QoS.AtLeastOnce)).ShouldBe(ReasonCode.Success);
        await five.Publish("no", new byte[1], QoS.AtMostOnce);
        (await five.Closed.WaitAsync(Eventually.Patience))!.Reason.ShouldBe(ReasonCode.NotAuthorized);

        await using var three = await test.Connect("three");
        await Should.ThrowAsync<IOException>(() => three.Publish("no", new byte[1], QoS.AtLeastOnce));
        await Eventually.Is(() => test.Policy.Left.Contains(("three", DisconnectCause.Forbidden)));
    }

    [Theory]
    [InlineData("1/2/3/4/5/6/7/8", ReasonCode.Success)]
    [InlineData("1/2/3/4/5/6/7/8/9", ReasonCode.TopicNameInvalid)]
    [InlineData("$aws/rules/x/1/2/3/4/5/6/7/8/9", ReasonCode.Success)]
    public async Task A_topic_has_at_most_seven_slashes(string topic, ReasonCode reason)
    {
        await using var test = await TestBroker.Start();
        await using var device = await test.Connect("d", ProtocolVersion.V500);
        (await device.Publish(topic, new byte[1], QoS.AtLeastOnce)).ShouldBe(reason);
        (await device.Publish(new string('x', 257), new byte[1], QoS.AtLeastOnce)).ShouldBe(ReasonCode.TopicNameInvalid);
        (await device.Publish(new string('x', 256), new byte[1], QoS.AtLeastOnce)).ShouldBe(ReasonCode.Success);
    }

    [Fact]
    public async Task A_payload_of_128_KiB_passes_and_one_more_byte_does_not()
    {
        await using var test = await TestBroker.Start();
        await using var device = await test.Connect("d", ProtocolVersion.V500);
        (await device.Publish("t", new byte[128 * 1024], QoS.AtLeastOnce)).ShouldBe(ReasonCode.Success);
        await Should.ThrowAsync<IOException>(() => device.Publish("t", new byte[(128 * 1024) + 1], QoS.AtLeastOnce));
        (await device.Closed)!.Reason.ShouldBe(ReasonCode.QuotaExceeded);
    }

    [Fact]
    public async Task A_reserved_message_is_acknowledged_first_and_answered_to_its_sender_only()
    {
        await using var test = await TestBroker.Start();
        test.Policy.OnPublish = (_, publish) => publish.Topic == "ask" ? PublishVerdict.Reserved : PublishVerdict.Route;
        test.Policy.Reserved = async (client, publish) =>
        {
            await Task.Yield();
            client.Deliver("ask/accepted", publish.Payload, client.SubscribedQoS("ask/accepted") ?? QoS.AtLeastOnce).ShouldBeTrue();
        };
        await using var other = await test.Connect("other");
        await other.Subscribe("ask/accepted", QoS.AtLeastOnce);
        await other.Subscribe("#", QoS.AtLeastOnce);
        await using var asker = await test.Connect("asker");
        await asker.Subscribe("ask/+", QoS.AtMostOnce);
        test.Broker.Find("asker")!.SubscribedQoS("ask/accepted").ShouldBe(QoS.AtMostOnce);
        test.Broker.Find("asker")!.SubscribedQoS("elsewhere").ShouldBeNull();

        await asker.Publish("ask", "?"u8.ToArray(), QoS.AtLeastOnce);
        var answer = await asker.Next();
        answer.Text().ShouldBe("?");
        answer.QoS.ShouldBe(QoS.AtMostOnce);

        await other.Publish("end", new byte[1], QoS.AtLeastOnce);
        (await other.Next()).Topic.ShouldBe("end");
    }

    [Fact]
    public async Task Dropped_messages_are_acknowledged_and_go_nowhere()
    {
        await using var test = await TestBroker.Start();
        test.Policy.OnPublish = (_, publish) => publish.Topic == "drop" ? PublishVerdict.Drop : PublishVerdict.Route;
        await using var device = await test.Connect("d");
        await device.Subscribe("#", QoS.AtLeastOnce);
        await device.Publish("drop", new byte[1], QoS.AtLeastOnce);
        await device.Publish("end", new byte[1], QoS.AtLeastOnce);
        (await device.Next()).Topic.ShouldBe("end");
    }

    [Fact]
    public async Task Properties_travel_and_the_alias_stays()
    {
        await using var test = await TestBroker.Start();
        await using var device = await test.Connect("d", ProtocolVersion.V500);
        await using var old = await test.Connect("old", ProtocolVersion.V311);
        await device.Subscribe("t/#", QoS.AtLeastOnce);
        await old.Subscribe("t/#", QoS.AtLeastOnce);
        var properties = new MessageProperties
        {
            ContentType = "text/plain", ResponseTopic = "r", CorrelationData = new byte[] { 1, 2 }, PayloadFormat = 1, UserProperties = [new("k", "v"), new("k", "w")],
        };
        await device.Publish(new Publish { Topic = "t/1", Payload = "x"u8.ToArray(), QoS = QoS.AtLeastOnce, TopicAlias = 8, Properties = properties }, TestContext.Current.CancellationToken);
        await device.Publish(new Publish { Topic = "", Payload = "y"u8.ToArray(), QoS = QoS.AtLeastOnce, TopicAlias = 8 }, TestContext.Current.CancellationToken);

        var first = await device.Next();
        first.TopicAlias.ShouldBeNull();
        first.Properties!.ContentType.ShouldBe("text/plain");
        first.Properties.UserProperties.ShouldBe([new("k", "v"), new("k", "w")]); // [MQTT-3.3.2-17], [MQTT-3.3.2-18]
        (await device.Next()).Topic.ShouldBe("t/1"); // [MQTT-3.3.2-12]
        (await old.Next()).Text().ShouldBe("x");
        (await old.Next()).Topic.ShouldBe("t/1");
    }

    [Fact] // [MQTT-3.3.4-2]
    public async Task Overlapping_subscriptions_get_one_copy_at_the_highest_QoS()
    {
        await using var test = await TestBroker.Start();
        await using var device = await test.Connect("d", ProtocolVersion.V500);
        await device.Subscribe([new("a/#", QoS.AtMostOnce), new("a/+", QoS.AtLeastOnce), new("a/b", QoS.AtMostOnce)], TestContext.Current.CancellationToken);
        await device.Publish("a/b", "x"u8.ToArray(), QoS.AtLeastOnce);
        await device.Publish("a/b", "end"u8.ToArray(), QoS.AtLeastOnce);
        (await device.Next()).QoS.ShouldBe(QoS.AtLeastOnce);
        (await device.Next()).Text().ShouldBe("end");
    }

    [Fact] // [MQTT-3.8.3-3], [MQTT-3.3.1-13]
    public async Task No_local_and_retain_as_published_are_kept()
    {
        await using var test = await TestBroker.Start();
        await using var device = await test.Connect("d", ProtocolVersion.V500);
        await using var other = await test.Connect("o", ProtocolVersion.V500);
        await device.Subscribe([new TopicSubscription("t", QoS.AtLeastOnce) { NoLocal = true, RetainAsPublished = true }], TestContext.Current.CancellationToken);
        await device.Publish("t", "own"u8.ToArray(), QoS.AtLeastOnce);
        await other.Publish("t", "theirs"u8.ToArray(), QoS.AtLeastOnce, retain: true);
        var message = await device.Next();
        message.Text().ShouldBe("theirs");
        message.Retain.ShouldBeTrue();
    }

    [Fact]
    public async Task Subscriptions_have_their_limits_and_reasons()
    {
        await using var test = await TestBroker.Start();
        test.Policy.OnSubscribe = (filter, qos) => filter.StartsWith("no", StringComparison.Ordinal) ? ReasonCode.NotAuthorized : (ReasonCode)qos;
        await using var device = await test.Connect("d", ProtocolVersion.V500);
        (await device.Subscribe([
            new("ok", QoS.ExactlyOnce), new("no", QoS.AtLeastOnce), new("bad/#/x", QoS.AtLeastOnce), new("$share/g/t", QoS.AtLeastOnce),
            new("1/2/3/4/5/6/7/8/9", QoS.AtMostOnce), new("zero", QoS.AtMostOnce)], TestContext.Current.CancellationToken)).ShouldBe([
            ReasonCode.GrantedQoS1, ReasonCode.NotAuthorized, ReasonCode.TopicFilterInvalid, ReasonCode.SharedSubscriptionsNotSupported,
            ReasonCode.TopicFilterInvalid, ReasonCode.Success]);
        (await device.Subscribe(Enumerable.Range(0, 9).Select(i => new TopicSubscription($"n/{i}", QoS.AtMostOnce)).ToArray(), TestContext.Current.CancellationToken))
            .ShouldAllBe(reason => reason == ReasonCode.QuotaExceeded);
        for (var i = 2; i < 50; i++) (await device.Subscribe($"m/{i}", QoS.AtLeastOnce)).ShouldBe(ReasonCode.GrantedQoS1);
        (await device.Subscribe("one too many", QoS.AtLeastOnce)).ShouldBe(ReasonCode.QuotaExceeded);
        (await device.Subscribe("m/2", QoS.AtMostOnce)).ShouldBe(ReasonCode.Success); // replaces, so there is room [MQTT-3.8.4-3]
        await device.Unsubscribe("m/3");
        (await device.Subscribe("fits now", QoS.AtLeastOnce)).ShouldBe(ReasonCode.GrantedQoS1);

        await using var old = await test.Connect("old");
        (await old.Subscribe([new("no", QoS.AtLeastOnce), new("ok", QoS.ExactlyOnce)], TestContext.Current.CancellationToken))
            .ShouldBe([ReasonCode.UnspecifiedError, ReasonCode.GrantedQoS1]);
    }

    [Fact]
    public async Task A_refused_subscription_may_close_the_connection()
    {
        await using var test = await TestBroker.Start();
        test.Policy.OnSubscribe = (_, _) => ReasonCode.NotAuthorized;
        test.Policy.CloseOnRefusedSubscribe = true;
        await using var device = await test.Connect("d", ProtocolVersion.V500);
        (await device.Subscribe("no", QoS.AtLeastOnce)).ShouldBe(ReasonCode.NotAuthorized);
        (await device.Closed.WaitAsync(Eventually.Patience))!.Reason.ShouldBe(ReasonCode.NotAuthorized);
    }

    [Fact]
    public async Task Receiving_is_asked_for_every_delivery()
    {
        await using var test = await TestBroker.Start();
        await using var device = await test.Connect("d");
        await device.Subscribe("#", QoS.AtLeastOnce);
        test.Policy.OnReceive = (client, message) => client.ClientId == "d" && message.Topic != "no";
        await device.Publish("no", new byte[1], QoS.AtLeastOnce);
        await device.Publish("yes", new byte[1], QoS.AtLeastOnce);
        (await device.Next()).Topic.ShouldBe("yes");
    }

    [Fact] // [MQTT-3.1.2-24], [MQTT-3.1.2-25]
    public async Task What_exceeds_the_clients_maximum_packet_size_is_left_out()
    {
        await using var test = await TestBroker.Start();
        await using var small = await MqttClientConnection.Connect(new MqttConnectionOptions
        {
            Host = "127.0.0.1", Port = test.PlainPort, ClientId = "small", Version = ProtocolVersion.V500, MaximumPacketSize = 512,
        });
        await small.Subscribe("t", QoS.AtLeastOnce);
        test.Broker.Publish(new Publish { Topic = "t", Payload = new byte[600], QoS = QoS.AtLeastOnce });
        test.Broker.Publish(new Publish { Topic = "t", Payload = new byte[100], QoS = QoS.AtLeastOnce });
        (await small.Next()).Payload.Length.ShouldBe(100);
        test.Broker.Find("small")!.Deliver("t", new byte[600], QoS.AtLeastOnce).ShouldBeFalse();
    }

    [Fact]
    public async Task A_slow_consumer_loses_QoS_0_keeps_QoS_1_and_is_let_go_when_its_queue_is_full()
    {
        await using var test = await TestBroker.Start(new MqttBrokerOptions { MaximumOutboundBytes = 32 * 1024, MaximumQueuedMessages = 200, MaximumQueuedBytes = 8 * 1024 * 1024 });
        using var slow = await RawConnection.Open(test.PlainPort);
        await slow.Send(new Connect { Version = ProtocolVersion.V311, ClientId = "slow" }, ProtocolVersion.V311);
        await slow.Read(ProtocolVersion.V311);
        await slow.Send(new Subscribe { PacketId = 1, Filters = [new("zero", QoS.AtMostOnce), new("one", QoS.AtLeastOnce)] }, ProtocolVersion.V311);
        await slow.Read(ProtocolVersion.V311);

        for (var i = 0; i < 2000; i++) test.Broker.Publish(new Publish { Topic = "zero", Payload = new byte[8000], QoS = QoS.AtMostOnce });
        test.Broker.Find("slow").ShouldNotBeNull();
        for (var i = 0; i < 400; i++) test.Broker.Publish(new Publish { Topic = "one", Payload = new byte[8000], QoS = QoS.AtLeastOnce });
        await Eventually.Is(() => test.Policy.Left.Contains(("slow", DisconnectCause.Throttled)));
    }

    [Fact]
    public async Task A_consumer_that_catches_up_gets_every_QoS_1_message_in_order()
    {
        await using var test = await TestBroker.Start(new MqttBrokerOptions { MaximumOutboundBytes = 16 * 1024, MaximumQueuedMessages = 5000, MaximumQueuedBytes = 64 * 1024 * 1024 });
        await using var device = await test.Connect("d");
        await device.Subscribe("t", QoS.AtLeastOnce);
        for (var i = 0; i < 3000; i++) test.Broker.Publish(new Publish { Topic = "t", Payload = BitConverter.GetBytes(i).Concat(new byte[2000]).ToArray(), QoS = QoS.AtLeastOnce });
        for (var i = 0; i < 3000; i++) BitConverter.ToInt32((await device.Next()).Payload.Span).ShouldBe(i);
    }

    [Fact]
    public async Task Every_request_is_answered_with_its_own_packet_identifier()
    {
        await using var test = await TestBroker.Start();
        using var raw = await RawConnection.Open(test.PlainPort);
        await raw.Send(new Connect { Version = ProtocolVersion.V500, ClientId = "d" }, ProtocolVersion.V500);
        await raw.Read(ProtocolVersion.V500);
        await raw.Send(new Subscribe { PacketId = 7, Filters = [new("a", QoS.AtLeastOnce), new("b", QoS.AtMostOnce)] }, ProtocolVersion.V500);
        (await raw.Read(ProtocolVersion.V500)).ShouldBeOfType<SubAck>().PacketId.ShouldBe((ushort)7); // [MQTT-3.8.4-1], [MQTT-3.8.4-2]
        await raw.Send(new Unsubscribe { PacketId = 8, Filters = ["a", "A", "b/#/c"] }, ProtocolVersion.V500);
        var unsubscribed = (await raw.Read(ProtocolVersion.V500)).ShouldBeOfType<UnsubAck>();
        unsubscribed.PacketId.ShouldBe((ushort)8); // [MQTT-3.10.4-4], [MQTT-3.10.4-5]
        unsubscribed.Reasons.ShouldBe([ReasonCode.Success, ReasonCode.NoSubscriptionExisted, ReasonCode.TopicFilterInvalid]); // [MQTT-3.10.4-1]
        await raw.Send(new Publish { Topic = "t", PacketId = 9, QoS = QoS.AtLeastOnce }, ProtocolVersion.V500);
        (await raw.Read(ProtocolVersion.V500)).ShouldBeOfType<PubAck>().PacketId.ShouldBe((ushort)9); // [MQTT-4.3.2-4]
        await raw.Send(PingReq.Instance, ProtocolVersion.V500);
        (await raw.Read(ProtocolVersion.V500)).ShouldBeOfType<PingResp>(); // [MQTT-3.12.4-1]
    }

    [Fact] // [MQTT-3.1.2-24]
    public async Task An_answer_too_large_for_the_client_ends_the_connection_instead()
    {
        await using var test = await TestBroker.Start();
        using var raw = await RawConnection.Open(test.PlainPort);
        await raw.Send(new Connect { Version = ProtocolVersion.V500, ClientId = "d", MaximumPacketSize = 512 }, ProtocolVersion.V500);
        await raw.Read(ProtocolVersion.V500);
        await raw.Send(new Unsubscribe { PacketId = 8, Filters = Enumerable.Repeat("x", 1000).ToArray() }, ProtocolVersion.V500);
        (await raw.Read(ProtocolVersion.V500)).ShouldBeOfType<Disconnect>().Reason.ShouldBe(ReasonCode.PacketTooLarge);
    }

    [Fact] // [MQTT-3.8.4-8]
    public async Task A_delivery_has_the_lower_of_published_and_granted_QoS()
    {
        await using var test = await TestBroker.Start();
        await using var device = await test.Connect("d");
        await device.Subscribe("zero", QoS.AtMostOnce);
        await device.Subscribe("one", QoS.AtLeastOnce);
        await device.Publish("zero", new byte[1], QoS.AtLeastOnce);
        await device.Publish("one", new byte[1], QoS.AtMostOnce);
        await device.Publish("one", new byte[1], QoS.AtLeastOnce);
        (await device.Next()).QoS.ShouldBe(QoS.AtMostOnce);
        (await device.Next()).QoS.ShouldBe(QoS.AtMostOnce);
        (await device.Next()).QoS.ShouldBe(QoS.AtLeastOnce);
    }
}
