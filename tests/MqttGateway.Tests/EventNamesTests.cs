using System.Text.Json;
using FleetPlatform.Events;
using FleetPlatform.MqttGateway.Sessions;

namespace FleetPlatform.MqttGateway.Tests;

public sealed class EventNamesTests
{
    static readonly DateTimeOffset Noon = new(2026, 11, 22, 12, 0, 0, TimeSpan.Zero);

    public static TheoryData<string, string> Golden => new()
    {
        { "session.claim-connected.v1", """{"connectedAt":"2026-11-22T12:00:00+00:00","remoteAddress":"192.0.2.1","tlsProtocol":"Tls13","handshakeMilliseconds":4.5,"mqttVersion":"5.0","sessionId":"s","clientId":"c","principalId":"p"}""" },
        { "session.refused.v1", """{"refusedAt":"2026-11-22T12:00:00+00:00","remoteAddress":"192.0.2.1","action":"publish","topic":"a/b","reasonCode":"access-denied","detail":"No.","flowId":"f","sessionId":"s","clientId":"c","principalId":"p"}""" },
        { "session.first-connected.v1", """{"connectedAt":"2026-11-22T12:00:00+00:00","remoteAddress":"192.0.2.1","tlsProtocol":"Tls12","handshakeMilliseconds":4.5,"thingName":"t","sessionId":"s","clientId":"c","principalId":"p"}""" },
        { "session.admitted-to-renew.v1", """{"connectedAt":"2026-11-22T12:00:00+00:00","remoteAddress":"192.0.2.1","thingName":"t","expiredAt":"2026-11-22T12:00:00+00:00","scope":"default","sessionId":"s","clientId":"c","principalId":"p"}""" },
        { "session.pair-pushed.v1", """{"pushedAt":"2026-11-22T12:00:00+00:00","certificateId":"n","thingName":"t","sessionId":"s","clientId":"c","principalId":"p"}""" },
        { "session.closed-by-platform.v1", """{"closedAt":"2026-11-22T12:00:00+00:00","reasonCode":"certificate-not-active","detail":"Revoked.","sessionId":"s","clientId":"c","principalId":"p"}""" },
        { "session.answer-not-delivered.v1", """{"answeredAt":"2026-11-22T12:00:00+00:00","flowId":"f","topic":"a/b","cause":"not-subscribed","sessionId":"s","clientId":"c","principalId":"p"}""" },
    };

    [Theory, MemberData(nameof(Golden))]
    public void What_was_recorded_can_be_read_for_ever(string name, string json)
    {
        var read = EventNames.All.Read(name, json);
        EventNames.All.NameOf(read.GetType()).ShouldBe(name);
        using var again = JsonDocument.Parse(EventJson.Write(read));
        using var before = JsonDocument.Parse(json);
        JsonElement.DeepEquals(again.RootElement, before.RootElement).ShouldBeTrue(EventJson.Write(read));
    }

    [Fact]
    public void Every_event_has_its_golden_form() => EventNames.All.All.Keys.ShouldBe(Golden.Select(row => row.Data.Item1), ignoreOrder: true);

    [Fact]
    public void Saying_the_same_again_adds_nothing()
    {
        SessionEvent fact = new ClosedByPlatform { SessionId = "s", ClientId = "c", PrincipalId = "p", ClosedAt = Noon, ReasonCode = "r", Detail = "d" };
        SessionHistory.Initial.Evolve(fact).Events.Contains(fact with { }).ShouldBeTrue();
    }
}
