using System.ComponentModel.DataAnnotations;

namespace FleetPlatform.RotationScheduler;

/// <summary>How often the scheduler looks, and how much it begins. Section <c>RotationScheduler</c>.</summary>
sealed class RotationSchedulerOptions : IValidatableObject
{
    public const string Section = "RotationScheduler";

    /// <summary>Time between two turns of the clock. Default 5 seconds.</summary>
    public TimeSpan Period { get; init; } = TimeSpan.FromSeconds(5);

    /// <summary>Rotations that may be open and unproven at the same time, all policies and campaigns together. Default 2,000.</summary>
    [Range(1, 1_000_000)]
    public int MaximumUnproven { get; init; } = 2_000;

    /// <summary>Rotations taken one step further in one turn. Default 1,000.</summary>
    [Range(1, 100_000)]
    public int StepsPerTurn { get; init; } = 1_000;

    /// <summary>How long a thing is left alone after a rotation of it has failed or was cancelled. Default one day.</summary>
    public TimeSpan RestAfterFailure { get; init; } = TimeSpan.FromDays(1);

    /// <summary>How long after an outage of the bus commands that devices have not answered are given again. Default 5 seconds: by then gateways are back, too.</summary>
    public TimeSpan RepeatCommandsAfter { get; init; } = TimeSpan.FromSeconds(5);

    /// <summary>With less time than this left, a certificate is renewed outside maintenance windows as well. Default 3 days.</summary>
    public TimeSpan Urgent { get; init; } = TimeSpan.FromDays(3);

    /// <summary>Where alerts are posted to as JSON, beside the log; empty: nowhere. http or https.</summary>
    public string AlertWebhook { get; init; } = "";

    /// <summary>How long a post may take. Default 10 seconds.</summary>
    public TimeSpan AlertTimeout { get; init; } = TimeSpan.FromSeconds(10);

    /// <summary>Time between two looks for certificates to warn of. Default 1 hour.</summary>
    public TimeSpan ExpiryAlertPeriod { get; init; } = TimeSpan.FromHours(1);

    public IEnumerable<ValidationResult> Validate(ValidationContext validationContext)
    {
        if (Period < TimeSpan.FromMilliseconds(50) || Period > TimeSpan.FromMinutes(10))
            yield return new($"{Section}:{nameof(Period)} ({Period}) must be between 50 ms and 10 minutes.");
        if (AlertTimeout <= TimeSpan.Zero || AlertTimeout > TimeSpan.FromMinutes(1))
            yield return new($"{Section}:{nameof(AlertTimeout)} ({AlertTimeout}) must be above zero, at most a minute.");
        if (ExpiryAlertPeriod < Period)
            yield return new($"{Section}:{nameof(ExpiryAlertPeriod)} ({ExpiryAlertPeriod}) must be at least {nameof(Period)} ({Period}).");
        if (AlertWebhook.Length > 0 && !(Uri.TryCreate(AlertWebhook, UriKind.Absolute, out var address) && address.Scheme is "http" or "https"))
            yield return new($"{Section}:{nameof(AlertWebhook)} must be an http or https address.");
    }
}
