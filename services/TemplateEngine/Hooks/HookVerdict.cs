namespace FleetPlatform.TemplateEngine.Hooks;

/// <summary>How a call of a hook ended.</summary>
enum HookOutcome
{
    /// <summary>It said yes.</summary>
    Allowed = 0,

    /// <summary>It said no.</summary>
    Declined = 1,

    /// <summary>It said neither: too late, unreachable, or an answer that cannot be read.</summary>
    Failed = 2,
}

/// <param name="Reason">Why it failed; null otherwise. Holds nothing of the hook's answer.</param>
/// <param name="Overrides">Parameters to put in place of the device's; only when allowed.</param>
/// <param name="Status">HTTP status, once there was one.</param>
sealed record HookVerdict(HookOutcome Outcome, string? Reason, IReadOnlyDictionary<string, string>? Overrides, int? Status)
{
    public static HookVerdict Failed(string reason, int? status = null) => new(HookOutcome.Failed, reason, null, status);

    /// <summary>What the device is told; null when it may go on.</summary>
    public Refusal? Refusal() => Outcome switch
    {
        HookOutcome.Allowed => null,
        HookOutcome.Declined => new(Reasons.HookDenied.Code, "The pre-provisioning hook did not allow this device."),
        _ => new(Reasons.HookFailed.Code, $"The pre-provisioning hook gave no verdict: {Reason}"),
    };
}
