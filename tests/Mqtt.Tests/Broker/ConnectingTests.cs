namespace FleetPlatform.Mqtt.Tests;

public class ConnectingTests
{
    static readonly Will Gone = new() { Topic = "will", Payload = "gone"u8.ToArray(), QoS = QoS.AtLeastOnce };

    static async Task<ConnAck> Answer(TestBroker test, Connect connect)
    {
        using var raw = await RawConnection.Open(test.PlainPort);
        await raw.Send(connect, connect.Version);
        return (ConnAck)(await raw.Read(connect.Version))!;
    }

    [Fact]
    public async Task A_5_0_client_is_told_every_limit()
    {
        await using var test = await TestBroker.Start();
        var ack = await Answer(test, new Connect { Version = ProtocolVersion.V500, ClientId = "", KeepAlive = 5, SessionExpiry = uint.MaxValue });
        ack.Reason.ShouldBe(ReasonCode.Success);
        ack.AssignedClientId.ShouldNotBeNull().ShouldStartWith("$GEN/");
        ack.ServerKeepAlive.ShouldBe((ushort)30);
        ack.SessionExpiry.ShouldBe(7u * 24 * 3600);
        ack.ReceiveMaximum.ShouldBe((ushort)100);
        ack.TopicAliasMaximum.ShouldBe((ushort)8);
        ack.MaximumQoS.ShouldBe(QoS.AtLeastOnce);
        ack.MaximumPacketSize.ShouldBe(146u * 1024);
        ack.SubscriptionIdentifierAvailable.ShouldBe(false);
        ack.SharedSubscriptionAvailable.ShouldBe(false);
    }

    [Theory]
    [InlineData("$aws")]
    [InlineData("a\u0007b")]
    [InlineData("0123456789012345678901234567890123456789012345678901234567890123456789012345678901234567890123456789012345678901234567890123456789")]
    public async Task A_client_id_that_may_not_be_is_refused_in_both_versions(string clientId)
    {
        await using var test = await TestBroker.Start();
        (await Answer(test, new Connect { Version = ProtocolVersion.V311, ClientId = clientId })).Reason.ShouldBe(ReasonCode.ClientIdentifierNotValid);
        (await Answer(test, new Connect { Version = ProtocolVersion.V500, ClientId = clientId })).Reason.ShouldBe(ReasonCode.ClientIdentifierNotValid);
        test.Policy.Attempts.ShouldBeEmpty();
    }

    [Fact] // [MQTT-3.1.3-8]
    public async Task A_persistent_3_1_1_session_needs_a_client_id()
    {
        await using var test = await TestBroker.Start();
        (await Answer(test, new Connect { Version = ProtocolVersion.V311, ClientId = "", CleanStart = false })).Reason.ShouldBe(ReasonCode.ClientIdentifierNotValid);
        (await Answer(test, new Connect { Version = ProtocolVersion.V311, ClientId = "", CleanStart = true })).Reason.ShouldBe(ReasonCode.Success);
    }

    [Fact]
    public async Task What_is_not_supported_at_CONNECT_has_its_reason()
    {
        await using var test = await TestBroker.Start();
        var connect = new Connect { Version = ProtocolVersion.V500, ClientId = "c" };
        (await Answer(test, connect with { AuthenticationMethod = "SCRAM" })).Reason.ShouldBe(ReasonCode.BadAuthenticationMethod); // [MQTT-4.12.0-1]
        (await Answer(test, connect with { Will = Gone with { QoS = QoS.ExactlyOnce } })).Reason.ShouldBe(ReasonCode.QoSNotSupported); // [MQTT-3.2.2-12]
        (await Answer(test, connect with { Will = Gone with { Topic = "a/+" } })).Reason.ShouldBe(ReasonCode.TopicNameInvalid);
        (await Answer(test, connect with { Will = Gone with { Topic = "1/2/3/4/5/6/7/8/9" } })).Reason.ShouldBe(ReasonCode.TopicNameInvalid);
        (await Answer(test, connect with { MaximumPacketSize = 511 })).Reason.ShouldBe(ReasonCode.QuotaExceeded);
        (await Answer(test, connect with { UserProperties = [new("k", new string('x', 9000))] })).Reason.ShouldBe(ReasonCode.QuotaExceeded);
    }

    [Fact]
    public async Task A_will_of_QoS_2_closes_a_3_1_1_connection_without_CONNACK()
    {
        await using var test = await TestBroker.Start();
        using var raw = await RawConnection.Open(test.PlainPort);
        await raw.Send(new Connect { Version = ProtocolVersion.V311, ClientId = "c", Will = Gone with { QoS = QoS.ExactlyOnce } }, ProtocolVersion.V311);
        (await raw.IsClosed()).ShouldBeTrue();
    }

    [Fact]
    public async Task The_policy_decides_and_may_rename_or_close_silently()
    {
        await using var test = await TestBroker.Start();
        test.Policy.OnConnect = attempt => attempt.ClientId switch
        {
            "no" => ConnectVerdict.Refuse(ReasonCode.NotAuthorized),
            "silent" => ConnectVerdict.Refuse(ReasonCode.NotAuthorized, closeWithoutConnAck: true),
            _ => ConnectVerdict.Accept("mine", "renamed"),
        };
        (await Answer(test, new Connect { Version = ProtocolVersion.V311, ClientId = "no" })).Reason.ShouldBe(ReasonCode.NotAuthorized);
        (await Should.ThrowAsync<MqttConnectException>(() => test.Connect("no", ProtocolVersion.V500))).Reason.ShouldBe(ReasonCode.NotAuthorized);
        await Should.ThrowAsync<IOException>(() => test.Connect("silent"));
        await using var renamed = await test.Connect("yes");
        test.Broker.Find("renamed").ShouldNotBeNull().State.ShouldBe("mine");
    }

    [Fact] // [MQTT-3.1.4-3]; AWS: the will of the displaced is sent
    public async Task The_same_principal_takes_over_its_client_id()
    {
        await using var test = await TestBroker.Start();
        await using var watcher = await test.Connect("w");
        await watcher.Subscribe("will", QoS.AtLeastOnce);
        await using var first = await test.Connect("d", ProtocolVersion.V500, will: Gone);
        await using var second = await test.Connect("d", ProtocolVersion.V500);

        (await first.Closed.WaitAsync(Eventually.Patience))!.Reason.ShouldBe(ReasonCode.SessionTakenOver);
        (await watcher.Next()).Text().ShouldBe("gone");
        await Eventually.Is(() => test.Policy.Left.Contains(("d", DisconnectCause.TakenOver)));
        await second.Subscribe("x", QoS.AtLeastOnce);
        test.Broker.Find("d").ShouldNotBeNull();
    }

    [Fact] // peers.md 3.2 case 22
    public async Task Another_principal_does_not_take_over_unless_the_policy_says_so()
    {
        await using var test = await TestBroker.Start();
        string? principal = "owner";
        var mayTakeOver = false;
        test.Policy.OnConnect = _ => ConnectVerdict.Accept(null) with { Principal = principal, MayTakeOverFrom = other => mayTakeOver && other == "owner" };
        await using var first = await test.Connect("d", ProtocolVersion.V500);

        principal = "thief";
        (await Should.ThrowAsync<MqttConnectException>(() => test.Connect("d", ProtocolVersion.V500))).Reason.ShouldBe(ReasonCode.NotAuthorized);
        test.Broker.Find("d")!.Principal.ShouldBe("owner");
        first.Closed.IsCompleted.ShouldBeFalse();

        mayTakeOver = true;
        await using var heir = await test.Connect("d", ProtocolVersion.V500);
        (await first.Closed.WaitAsync(Eventually.Patience))!.Reason.ShouldBe(ReasonCode.SessionTakenOver);
    }

    [Fact]
    public async Task A_client_id_is_free_as_soon_as_its_holder_has_said_goodbye()
    {
        await using var test = await TestBroker.Start();
        var principal = "claim";
        var busy = new TaskCompletionSource();
        var isHeld = new TaskCompletionSource();
        test.Policy.OnConnect = _ => ConnectVerdict.Accept(null) with { Principal = principal };
        test.Policy.OnPublish = (_, _) => PublishVerdict.Reserved;
        test.Policy.Reserved = (_, _) =>
        {
            isHeld.SetResult();
            return new(busy.Task);
        };
        await using var claim = await test.Connect("d");
        await claim.Publish("held", default, QoS.AtMostOnce);
        await isHeld.Task.WaitAsync(Eventually.Patience);
        test.Broker.Find("d")!.Close(ReasonCode.Success); // its connection is still at work and has not left

        principal = "device";
        await using var device = await test.Connect("d");
        busy.SetResult();

        await Eventually.Is(() => test.Policy.Left.Any(left => left.ClientId == "d"));
        test.Broker.Find("d")!.Principal.ShouldBe("device");
    }

    [Fact]
    public async Task A_stored_session_is_never_handed_to_another_principal()
    {
        await using var test = await TestBroker.Start();
        var principal = "owner";
        test.Policy.OnConnect = _ => ConnectVerdict.Accept(null) with { Principal = principal };
        await using (var first = await test.Connect("d", clean: false))
        {
            await first.Subscribe("secret", QoS.AtLeastOnce);
            await first.Disconnect();
        }

        await Eventually.Is(() => test.Broker.StoredSessionCount == 1);
        test.Broker.Publish(new Publish { Topic = "secret", Payload = "s"u8.ToArray(), QoS = QoS.AtLeastOnce });
        principal = "other";
        await using var second = await test.Connect("d", clean: false);
        second.ConnAck.SessionPresent.ShouldBeFalse();
        test.Broker.Publish(new Publish { Topic = "secret", Payload = "s"u8.ToArray(), QoS = QoS.AtLeastOnce });
        await second.Subscribe("end", QoS.AtLeastOnce);
        await second.Publish("end", default, QoS.AtLeastOnce);
        (await second.Next()).Topic.ShouldBe("end");
    }

    [Fact]
    public async Task Parallel_connects_under_one_client_id_leave_exactly_one()
    {
        await using var test = await TestBroker.Start();
        var connections = await Task.WhenAll(Enumerable.Range(0, 20).Select(_ => test.Connect("same")));
        await Eventually.Is(() => test.Broker.ClientCount == 1 && connections.Count(connection => !connection.Closed.IsCompleted) == 1);
        test.Policy.Left.Count(left => left.Cause == DisconnectCause.TakenOver).ShouldBe(19);
        foreach (var connection in connections) await connection.DisposeAsync();
        await Eventually.Is(() => test.Broker.ClientCount == 0);
    }

    [Theory]
    [InlineData(ProtocolVersion.V311)]
    [InlineData(ProtocolVersion.V500)]
    public async Task A_server_side_close_says_why_and_can_drop_everything(ProtocolVersion version)
    {
        await using var test = await TestBroker.Start();
        await using var watcher = await test.Connect("w");
        await watcher.Subscribe("will", QoS.AtLeastOnce);
        await using var device = await test.Connect("d", version, clean: false, will: Gone, expiry: version == ProtocolVersion.V500 ? 600u : null);
        await device.Subscribe("t", QoS.AtLeastOnce);

        test.Broker.Find("d")!.Close(ReasonCode.NotAuthorized, suppressWill: true, dropSession: true);

        var said = await device.Closed.WaitAsync(Eventually.Patience);
        if (version == ProtocolVersion.V500) said!.Reason.ShouldBe(ReasonCode.NotAuthorized);
        await Eventually.Is(() => test.Policy.Left.Contains(("d", DisconnectCause.ServerInitiated)));
        test.Broker.StoredSessionCount.ShouldBe(0);
        await watcher.Publish("will", "only this"u8.ToArray(), QoS.AtLeastOnce);
        (await watcher.Next()).Text().ShouldBe("only this");
    }

    [Fact]
    public async Task Shutting_down_tells_everyone_and_takes_no_more()
    {
        await using var test = await TestBroker.Start();
        await using var device = await test.Connect("d", ProtocolVersion.V500);
        await test.Broker.DisposeAsync();
        (await device.Closed.WaitAsync(Eventually.Patience))!.Reason.ShouldBe(ReasonCode.ServerShuttingDown);
        (await Should.ThrowAsync<MqttConnectException>(() => test.Connect("e", ProtocolVersion.V500))).Reason.ShouldBe(ReasonCode.ServerShuttingDown);
    }
}
