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

    public static Refusal Replayed(ProvisioningCompleted done) => new(Reasons.TokenReplayed.Code,
        $"The token has registered with template \"{done.TemplateName}\"{(done.ThingName is { } name ? $" as \"{name}\"" : "")} and other parameters already.");

    // A device that repeats what was refused, on the same connection, adds nothing that is not recorded.
    static bool IsSame(ProvisioningRefused refused, ProvisioningRefused last) =>
        (refused.ReasonCode, refused.RequestHash, refused.SessionId) == (last.ReasonCode, last.RequestHash, last.SessionId);
}
