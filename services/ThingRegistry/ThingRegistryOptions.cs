using System.ComponentModel.DataAnnotations;
using ValidationResult = System.ComponentModel.DataAnnotations.ValidationResult;

namespace FleetPlatform.ThingRegistry;

/// <summary>How long things wait to be claimed. Section <c>ThingRegistry</c>.</summary>
sealed class ThingRegistryOptions : IValidatableObject
{
    public const string Section = "ThingRegistry";

    /// <summary>How long a certificate given to a device stays when nobody registers it. Default 1 hour, the life of its ownership token.</summary>
    public TimeSpan PendingLifetime { get; init; } = TimeSpan.FromHours(1);

    /// <summary>How long a trusted user's temporary claim works. Default 5 minutes, as on AWS.</summary>
    public TimeSpan ClaimLifetime { get; init; } = TimeSpan.FromMinutes(5);

    /// <summary>Time between two looks for what has expired. Default 1 minute.</summary>
    public TimeSpan ExpiryPeriod { get; init; } = TimeSpan.FromMinutes(1);

    /// <summary>How many certificates one look expires at a time. Default 200.</summary>
    [Range(1, 1000)]
    public int ExpiryBatch { get; init; } = 200;

    /// <summary>How long news for tables of the fleet is gathered before it is published. Default 250 ms.</summary>
    public TimeSpan RegistrationLinger { get; init; } = TimeSpan.FromMilliseconds(250);

    /// <summary>True registers a certificate whose key another device's certificate has. Default false; the next certificate of the same subject is taken in any case.</summary>
    public bool AllowSharedKeys { get; init; }

    /// <summary>How long a thing type is deprecated before it can be deleted. Default 5 minutes, as on AWS.</summary>
    public TimeSpan ThingTypeDeletionDelay { get; init; } = TimeSpan.FromMinutes(5);

    /// <summary>Most tags of one resource. Default 50, as on AWS.</summary>
    [Range(1, 1000)]
    public int TagsPerResource { get; init; } = 50;

    /// <summary>Most dynamic groups. Default 100, as on AWS.</summary>
    [Range(1, 1000)]
    public int DynamicGroups { get; init; } = 100;

    /// <summary>Most characters of a dynamic group's query. Default 1,000.</summary>
    [Range(1, 4000)]
    public int DynamicGroupQueryCharacters { get; init; } = 1000;

    /// <summary>Most terms of a dynamic group's query. Default 12.</summary>
    [Range(1, 100)]
    public int DynamicGroupQueryTerms { get; init; } = 12;

    public IEnumerable<ValidationResult> Validate(ValidationContext validationContext)
    {
        if (PendingLifetime < TimeSpan.FromSeconds(1))
            yield return new($"{Section}:{nameof(PendingLifetime)} ({PendingLifetime}) must be at least one second.");
        if (ClaimLifetime < TimeSpan.FromSeconds(1))
            yield return new($"{Section}:{nameof(ClaimLifetime)} ({ClaimLifetime}) must be at least one second.");
        if (ThingTypeDeletionDelay < TimeSpan.FromSeconds(30))
            yield return new($"{Section}:{nameof(ThingTypeDeletionDelay)} ({ThingTypeDeletionDelay}) must be at least 30 seconds: requests that have seen the type in use are under way.");
        if (ExpiryPeriod < TimeSpan.FromMilliseconds(100))
            yield return new($"{Section}:{nameof(ExpiryPeriod)} ({ExpiryPeriod}) must be at least 100 ms.");
        if (RegistrationLinger < TimeSpan.Zero || RegistrationLinger > TimeSpan.FromSeconds(5))
            yield return new($"{Section}:{nameof(RegistrationLinger)} ({RegistrationLinger}) must be 0 to 5 seconds.");
    }
}
