namespace FleetPlatform.Mqtt.Tests;

/// <summary>The session as a table: what goes in, what comes out. No sockets, no clock.</summary>
public class SessionTests
{
    static readonly DateTimeOffset Noon = new(2026, 11, 22, 12, 0, 0, TimeSpan.Zero);
    static readonly SessionLimits Limits = new(Window: 2, QueuedMessages: 3, QueuedBytes: 1000);
    readonly Sink _sink = new();

    sealed class Sink : IDeliverySink
    {
        public List<string> Written { get; } = [];
        public SinkAnswer Next { get; set; }

        public SinkAnswer Write(in Delivery delivery)
        {
            if (Next == SinkAnswer.Written)
                Written.Add($"{delivery.Message.Topic} q{(int)delivery.QoS} #{delivery.PacketId}{(delivery.Duplicate ? " dup" : "")}{(delivery.MessageExpiry is { } left ? $" {left}s" : "")}");
            return Next;
        }
    }

    static Publish Message(string topic, int bytes = 1, DateTimeOffset? expires = null) => new() { Topic = topic, Payload = new byte[bytes], ExpiresAt = expires };

    Session Attached(ushort receiveMaximum = 100)
    {
        var session = new Session(Limits);
        session.Attach(_sink, receiveMaximum);
        return session;
    }

    [Fact]
    public void QoS_1_fills_the_window_then_the_queue_then_overflows()
    {
        var session = Attached();
        string[] topics = ["a", "b", "c", "d", "e", "f"];
        topics.Select(topic => session.Deliver(Message(topic), QoS.AtLeastOnce, false, Noon)).ShouldBe(
            [SessionAnswer.Sent, SessionAnswer.Sent, SessionAnswer.Queued, SessionAnswer.Queued, SessionAnswer.Queued, SessionAnswer.Overflow]);
        _sink.Written.ShouldBe(["a q1 #1", "b q1 #2"]);
    }

    [Fact]
    public void An_acknowledgement_lets_the_next_one_go_in_order()
    {
        var session = Attached();
        foreach (var topic in new[] { "a", "b", "c", "d" }) session.Deliver(Message(topic), QoS.AtLeastOnce, false, Noon);

        session.Acknowledge(2, Noon).ShouldBeTrue();
        session.Acknowledge(2, Noon).ShouldBeFalse();
        session.Acknowledge(1, Noon).ShouldBeTrue();

        _sink.Written.ShouldBe(["a q1 #1", "b q1 #2", "c q1 #3", "d q1 #4"]);
        session.InflightCount.ShouldBe(2);
    }

    [Fact] // [MQTT-3.3.4-9]
    public void The_clients_receive_maximum_narrows_the_window()
    {
        var session = Attached(receiveMaximum: 1);
        session.Deliver(Message("a"), QoS.AtLeastOnce, false, Noon).ShouldBe(SessionAnswer.Sent);
        session.Deliver(Message("b"), QoS.AtLeastOnce, false, Noon).ShouldBe(SessionAnswer.Queued);
        session.Deliver(Message("c"), QoS.AtMostOnce, false, Noon).ShouldBe(SessionAnswer.Sent);
    }

    [Fact] // [MQTT-4.4.0-1]
    public void A_reconnect_sends_again_with_DUP_and_then_what_waited()
    {
        var session = Attached();
        session.Deliver(Message("a"), QoS.AtLeastOnce, false, Noon);
        session.Detach();
        session.Deliver(Message("b"), QoS.AtLeastOnce, false, Noon).ShouldBe(SessionAnswer.Queued);
        session.Deliver(Message("zero"), QoS.AtMostOnce, false, Noon).ShouldBe(SessionAnswer.Dropped);
        _sink.Written.Clear();

        session.Attach(_sink, 100);
        session.Resume(_ => true, Noon);

        _sink.Written.ShouldBe(["a q1 #1 dup", "b q1 #2"]);
    }

    [Fact] // [MQTT-3.3.4-9]
    public void A_narrower_window_after_a_reconnect_is_kept_too()
    {
        var session = Attached();
        foreach (var topic in new[] { "a", "b", "c" }) session.Deliver(Message(topic), QoS.AtLeastOnce, false, Noon);
        session.Detach();
        _sink.Written.Clear();

        session.Attach(_sink, receiveMaximum: 1);
        session.Resume(_ => true, Noon);
        _sink.Written.ShouldBe(["a q1 #1 dup"]);
        session.Deliver(Message("d"), QoS.AtLeastOnce, false, Noon).ShouldBe(SessionAnswer.Queued);
        session.Acknowledge(1, Noon);
        session.Acknowledge(2, Noon);
        session.Acknowledge(3, Noon);
        _sink.Written.ShouldBe(["a q1 #1 dup", "b q1 #2 dup", "c q1 #3", "d q1 #4"]);
    }

    [Fact]
    public void What_may_no_longer_be_received_is_dropped_on_resume()
    {
        var session = Attached();
        session.Deliver(Message("secret"), QoS.AtLeastOnce, false, Noon);
        session.Detach();
        session.Deliver(Message("secret too"), QoS.AtLeastOnce, false, Noon);
        session.Deliver(Message("fine"), QoS.AtLeastOnce, false, Noon);
        _sink.Written.Clear();

        session.Attach(_sink, 100);
        session.Resume(message => message.Topic == "fine", Noon);

        _sink.Written.ShouldBe(["fine q1 #2"]);
        session.InflightCount.ShouldBe(1);
    }

    [Fact] // [MQTT-3.3.2-5], [MQTT-3.3.2-6]
    public void Expiry_counts_down_and_then_drops()
    {
        var session = Attached();
        session.Detach();
        session.Deliver(Message("short", expires: Noon.AddSeconds(5)), QoS.AtLeastOnce, false, Noon);
        session.Deliver(Message("long", expires: Noon.AddSeconds(60)), QoS.AtLeastOnce, false, Noon);

        session.Attach(_sink, 100);
        session.Resume(_ => true, Noon.AddSeconds(10));

        _sink.Written.ShouldBe(["long q1 #1 50s"]);
        session.InflightCount.ShouldBe(1);
    }

    [Fact]
    public void A_slow_connection_queues_QoS_1_and_loses_QoS_0()
    {
        var session = Attached();
        _sink.Next = SinkAnswer.Full;
        session.Deliver(Message("zero"), QoS.AtMostOnce, false, Noon).ShouldBe(SessionAnswer.Dropped);
        session.Deliver(Message("one"), QoS.AtLeastOnce, false, Noon).ShouldBe(SessionAnswer.Queued);
        session.InflightCount.ShouldBe(0);

        _sink.Next = SinkAnswer.Written;
        session.Pump(Noon);
        _sink.Written.ShouldBe(["one q1 #2"]);
    }

    [Fact] // [MQTT-3.1.2-25]
    public void What_is_too_large_for_the_client_is_done_with()
    {
        var session = Attached();
        _sink.Next = SinkAnswer.TooLarge;
        session.Deliver(Message("big"), QoS.AtLeastOnce, false, Noon).ShouldBe(SessionAnswer.Dropped);
        session.InflightCount.ShouldBe(0);
        session.WaitingCount.ShouldBe(0);
    }

    [Fact]
    public void The_queue_is_bounded_in_bytes_too()
    {
        var session = new Session(Limits);
        session.Deliver(Message("a", 600), QoS.AtLeastOnce, false, Noon).ShouldBe(SessionAnswer.Queued);
        session.Deliver(Message("b", 600), QoS.AtLeastOnce, false, Noon).ShouldBe(SessionAnswer.Overflow);
        var talkative = Message("c") with { Properties = new() { UserProperties = [new("name", new string('x', 600))] } };
        session.Deliver(talkative, QoS.AtLeastOnce, false, Noon).ShouldBe(SessionAnswer.Overflow);
    }

    [Fact]
    public void What_is_in_flight_is_bounded_in_bytes_and_then_waits()
    {
        var session = Attached();
        session.Deliver(Message("a", 400), QoS.AtLeastOnce, false, Noon).ShouldBe(SessionAnswer.Sent);
        session.Deliver(Message("b", 600), QoS.AtLeastOnce, false, Noon).ShouldBe(SessionAnswer.Queued, "the window has a place, and no room");
        session.Deliver(Message("c", 100), QoS.AtLeastOnce, false, Noon).ShouldBe(SessionAnswer.Queued, "it does not overtake");
        session.Deliver(Message("d", 300), QoS.AtLeastOnce, false, Noon).ShouldBe(SessionAnswer.Overflow);

        session.Acknowledge(1, Noon);

        _sink.Written.ShouldBe(["a q1 #1", "b q1 #2", "c q1 #3"]);
    }

    [Fact]
    public void What_was_in_flight_counts_with_what_waits_while_the_client_is_away()
    {
        var session = Attached();
        session.Deliver(Message("a", 400), QoS.AtLeastOnce, false, Noon);
        session.Detach();
        session.Deliver(Message("b", 600), QoS.AtLeastOnce, false, Noon).ShouldBe(SessionAnswer.Overflow);
        session.Deliver(Message("c", 400), QoS.AtLeastOnce, false, Noon).ShouldBe(SessionAnswer.Queued);
        session.Deliver(Message("d", 100), QoS.AtLeastOnce, false, Noon).ShouldBe(SessionAnswer.Overflow);
    }

    [Fact]
    public void A_client_that_comes_back_to_a_full_session_is_not_let_go_with_the_next_message()
    {
        var session = Attached();
        session.Deliver(Message("a", 400), QoS.AtLeastOnce, false, Noon);
        session.Detach();
        session.Deliver(Message("b", 400), QoS.AtLeastOnce, false, Noon);
        session.Attach(_sink, 100);
        session.Resume(_ => true, Noon);

        session.Deliver(Message("c", 600), QoS.AtLeastOnce, false, Noon).ShouldBe(SessionAnswer.Queued);
    }

    [Fact] // an account that is not balanced would shut a session up, or open it, in days
    public void Every_way_out_of_a_session_gives_its_room_back()
    {
        var session = Attached();
        void IsEmpty()
        {
            session.Deliver(Message("fits", 900), QoS.AtLeastOnce, false, Noon).ShouldBe(SessionAnswer.Sent);
            session.Deliver(Message("not beside it", 20), QoS.AtLeastOnce, false, Noon).ShouldBe(SessionAnswer.Queued);
            AcknowledgeAll();
            session.Detach();
            session.Deliver(Message("fits", 900), QoS.AtLeastOnce, false, Noon).ShouldBe(SessionAnswer.Queued);
            session.Deliver(Message("not beside it", 20), QoS.AtLeastOnce, false, Noon).ShouldBe(SessionAnswer.Overflow);
            session.Attach(_sink, 100);
            session.Resume(_ => true, Noon);
            AcknowledgeAll();
        }

        void AcknowledgeAll()
        {
            for (var id = ushort.MaxValue; session.InflightCount > 0; id--) session.Acknowledge(id, Noon); // newest first
            session.WaitingCount.ShouldBe(0);
        }

        void Fill()
        {
            foreach (var topic in new[] { "a", "b", "c" }) session.Deliver(Message(topic, 200, Noon.AddSeconds(5)), QoS.AtLeastOnce, false, Noon).ShouldNotBe(SessionAnswer.Overflow);
        }

        Fill();
        session.Acknowledge(2, Noon); // behind one that is not: now the third goes
        AcknowledgeAll();
        IsEmpty();

        Fill();
        session.Detach();
        session.Attach(_sink, 100);
        session.Resume(_ => false, Noon); // no longer allowed
        IsEmpty();

        Fill();
        session.Detach();
        session.Attach(_sink, 100);
        session.Resume(_ => true, Noon.AddSeconds(10)); // expired
        IsEmpty();

        Fill();
        session.Detach();
        _sink.Next = SinkAnswer.TooLarge;
        session.Attach(_sink, 100);
        session.Resume(_ => true, Noon); // the client takes smaller packets now
        _sink.Next = SinkAnswer.Written;
        IsEmpty();

        _sink.Next = SinkAnswer.Full;
        session.Deliver(Message("slow", 900), QoS.AtLeastOnce, false, Noon).ShouldBe(SessionAnswer.Queued);
        _sink.Next = SinkAnswer.Written;
        session.Pump(Noon);
        AcknowledgeAll();
        IsEmpty();
    }

    sealed class Nowhere : IDeliverySink
    {
        public SinkAnswer Write(in Delivery delivery) => SinkAnswer.Written;
    }

    [Fact]
    public void A_delivery_and_its_acknowledgement_allocate_nothing()
    {
        var session = new Session(Limits);
        session.Attach(new Nowhere(), 100);
        var message = Message("a/b/c", 100) with { Properties = new() { ContentType = "text/plain", UserProperties = [new("name", "value")] } };
        ushort id = 0;
        bool Deliver() => session.Deliver(message, QoS.AtLeastOnce, false, Noon) == SessionAnswer.Sent && session.Acknowledge(++id, Noon);

        Deliver().ShouldBeTrue();
        var before = GC.GetAllocatedBytesForCurrentThread();
        var all = true;
        for (var i = 0; i < 1000; i++) all &= Deliver();
        all.ShouldBeTrue();
        (GC.GetAllocatedBytesForCurrentThread() - before).ShouldBeLessThan(1000);
    }

    [Fact]
    public void One_larger_than_all_the_room_goes_alone_and_is_not_kept_waiting()
    {
        var session = Attached();
        session.Deliver(Message("large", 2000), QoS.AtLeastOnce, false, Noon).ShouldBe(SessionAnswer.Sent);
        session.Deliver(Message("b"), QoS.AtLeastOnce, false, Noon).ShouldBe(SessionAnswer.Queued);
        session.Acknowledge(1, Noon);
        _sink.Written.ShouldBe(["large q1 #1", "b q1 #2"]);

        new Session(Limits).Deliver(Message("large", 2000), QoS.AtLeastOnce, false, Noon).ShouldBe(SessionAnswer.Overflow, "nobody is there");
    }

    [Fact] // [MQTT-2.2.1-3]
    public void Packet_identifiers_wrap_round_zero_and_round_those_in_use()
    {
        var inflight = new Inflight();
        inflight.Add(Message("stays"), false, 1).ShouldBe((ushort)1);
        for (var i = 2; i <= ushort.MaxValue; i++) inflight.Remove(inflight.Add(Message("x"), false, 1)).ShouldBe(1);
        inflight.Add(Message("x"), false, 1).ShouldBe((ushort)2);
        inflight.Bytes.ShouldBe(2);
    }

    [Theory] // AWS: 0 or more than 1200 is 1200, less than 30 is 30
    [InlineData(0, 1200)]
    [InlineData(1, 30)]
    [InlineData(29, 30)]
    [InlineData(30, 30)]
    [InlineData(60, 60)]
    [InlineData(1200, 1200)]
    [InlineData(1201, 1200)]
    [InlineData(65535, 1200)]
    public void Keep_alive_is_brought_within_its_limits(int asked, int granted) =>
        KeepAlive.Grant((ushort)asked, TimeSpan.FromSeconds(30), TimeSpan.FromSeconds(1200)).TotalSeconds.ShouldBe(granted);

    [Fact] // [MQTT-3.1.2-22]
    public void Silence_of_one_and_a_half_times_the_keep_alive_is_death()
    {
        KeepAlive.IsOverdue(TimeSpan.FromSeconds(45), TimeSpan.FromSeconds(30)).ShouldBeFalse();
        KeepAlive.IsOverdue(TimeSpan.FromSeconds(45.1), TimeSpan.FromSeconds(30)).ShouldBeTrue();
    }
}
