using FleetPlatform.Contracts;
using FleetPlatform.Events;
using FleetPlatform.ServiceDefaults;

namespace FleetPlatform.MqttGateway.Sessions;

/// <summary>What the gateway knows about the life of a device.</summary>
sealed class FlowSteps(EventStore store, SubjectIndex index) : IFlowSteps
{
    const string Service = "mqtt-gateway";

    /// <summary>What a fact is found by. The session's own id needs no entry: it names the stream.</summary>
    public static IEnumerable<string> SubjectsOf(RecordedEvent recorded)
    {
        if (recorded.Data is not SessionEvent fact) yield break;
        yield return fact.ClientId;
        yield return fact.PrincipalId;
        if (fact is FirstConnected { ThingName: { } thing }) yield return thing;
        if (fact is PairPushed { ThingName: var pushed, CertificateId: var made })
        {
            yield return pushed;
            yield return made;
        }

        if (fact is AdmittedToRenew { ThingName: var renewing }) yield return renewing;
        if (fact is SessionRefused { FlowId: { } refused }) yield return refused;
        if (fact is AnswerNotDelivered { FlowId: var flowId }) yield return flowId;
    }

    public async Task<IReadOnlyList<FlowStep>> Find(IReadOnlyList<string> subjects, CancellationToken cancellation)
    {
        var streams = new HashSet<StreamId>(await index.FindStreams([.. subjects], cancellation));
        foreach (var subject in subjects.Where(subject => Guid.TryParseExact(subject, "N", out _))) streams.Add(StreamId.Of("session", subject));

        var steps = new List<FlowStep>();
        foreach (var stream in streams)
            foreach (var recorded in await store.FetchStreamAsync(stream, cancellation: cancellation))
                if (Describe(recorded) is { } step) steps.Add(step);
        return steps;
    }

    static FlowStep? Describe(RecordedEvent recorded) => recorded.Data switch
    {
        ClaimConnected e => Step(recorded, e, "claim connected", e.ConnectedAt) with
        {
            DurationMilliseconds = e.HandshakeMilliseconds,
            Detail = $"{e.TlsProtocol}, MQTT {e.MqttVersion}, from {e.RemoteAddress}",
        },
        FirstConnected e => Step(recorded, e, "first connection", e.ConnectedAt) with
        {
            DurationMilliseconds = e.HandshakeMilliseconds,
            CertificateId = e.PrincipalId,
            ThingName = e.ThingName,
            Detail = $"{e.TlsProtocol}, from {e.RemoteAddress}",
        },
        AdmittedToRenew e => Step(recorded, e, "let in to renew, and nothing else", e.ConnectedAt) with
        {
            ThingName = e.ThingName,
            Detail = $"its certificate had expired at {e.ExpiredAt:u}; policy {e.Scope} gives it grace; from {e.RemoteAddress}",
        },
        PairPushed e => Step(recorded, e, "pair pushed", e.PushedAt) with
        {
            ThingName = e.ThingName,
            CertificateId = e.CertificateId,
            Detail = "made by the platform; the private key was sent to the device, as a renewal policy says",
        },
        SessionRefused e => Step(recorded, e, $"{e.Action} refused", e.RefusedAt) with
        {
            ReasonCode = e.ReasonCode,
            Detail = e.Topic is null ? e.Detail : $"{e.Detail} ({e.Topic})",
            FlowId = e.FlowId,
        },
        AnswerNotDelivered e => Step(recorded, e, "answer not delivered", e.AnsweredAt) with
        {
            ReasonCode = e.Cause == "receive-denied" ? Reasons.AccessDenied.Code : null,
            Detail = Explain(e),
            FlowId = e.FlowId,
        },
        ClosedByPlatform e => Step(recorded, e, "connection closed by the platform", e.ClosedAt) with { ReasonCode = e.ReasonCode, Detail = e.Detail },
        _ => null,
    };

    static FlowStep Step(RecordedEvent recorded, SessionEvent fact, string step, DateTimeOffset at) => new()
    {
        Service = Service,
        Step = step,
        At = at,
        SessionId = fact.SessionId,
        ClientId = fact.ClientId,
        CertificateId = fact.PrincipalId is { Length: > 0 } id ? id : null,
        StreamId = recorded.StreamId.Value,
        TraceId = recorded.Metadata.TraceId,
    };

    static string Explain(AnswerNotDelivered e) => e.Cause switch
    {
        "not-subscribed" => $"The device had not subscribed to {e.Topic}; it was sent the answer, but its library may have dropped it.",
        "receive-denied" => $"No policy of the certificate allows iot:Receive on {e.Topic}.",
        _ => "The connection was gone, too slow, or takes no packet so large.",
    };
}
