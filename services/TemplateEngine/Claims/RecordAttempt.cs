namespace FleetPlatform.TemplateEngine.Claims;

/// <summary>Decides what an attempt adds to its flow.</summary>
static class RecordAttempt
{
    /// <param name="attempt">What happened, in order; the last event is <see cref="ProvisioningCompleted"/> or <see cref="ProvisioningRefused"/>.</param>
    /// <param name="flow">The flow so far.</param>
    public static Decision<ProvisioningEvent> Decide(IReadOnlyList<ProvisioningEvent> attempt, Provisioning flow) => attempt[^1] switch
    {
        // A packet sent twice, or an answer that was lost: what was recorded stands.
        ProvisioningCompleted again when flow.Completed is { } done && done.RequestHash == again.RequestHash => Decision<ProvisioningEvent>.Nothing,
        ProvisioningCompleted when flow.Completed is { } done => Replayed(done),
        ProvisioningRefused refused when flow.LastRefused is { } last && IsSame(refused, last) && !attempt.Any(@event => @event is HookCalled) => Decision<ProvisioningEvent>.Nothing,
        _ => Decision<ProvisioningEvent>.Of(attempt),
    };

    /// <summary>Records an attempt; nearly always these are the flow's first events, and then there is nothing to read before.</summary>
    /// <param name="actor">Who asked.</param>
    public static async Task<Written<Provisioning, ProvisioningEvent>> Handle(
        IReadOnlyList<ProvisioningEvent> attempt, string flowId, string actor, EventStore store, CancellationToken cancellation)
    {
        var id = Provisioning.Stream(flowId);
        var metadata = new EventMetadata { CorrelationId = flowId, Actor = actor };
        if (attempt[^1] is ProvisioningCompleted)
        {
            try
            {
                var session = store.OpenSession(metadata);
                session.StartStream(id, attempt);
                await session.SaveChangesAsync(cancellation);
                return new(Decision<ProvisioningEvent>.Of(attempt), Provisioning.Initial, attempt.Count);
            }
            catch (Events.ConcurrencyException)
            {
                // There were attempts before, or there is one right now.
            }
        }

        return await store.WriteToAggregate<Provisioning, ProvisioningEvent>(id, flow => Decide(attempt, flow), metadata, cancellation);
    }

    public static Refusal Replayed(ProvisioningCompleted done) => new(Reasons.TokenReplayed.Code,
        $"The token has registered with template \"{done.TemplateName}\"{(done.ThingName is { } name ? $" as \"{name}\"" : "")} and other parameters already.");

    // A device that repeats what was refused, on the same connection, adds nothing that is not recorded.
    static bool IsSame(ProvisioningRefused refused, ProvisioningRefused last) =>
        (refused.ReasonCode, refused.RequestHash, refused.SessionId) == (last.ReasonCode, last.RequestHash, last.SessionId);
}
