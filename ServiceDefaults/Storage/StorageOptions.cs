using System.ComponentModel.DataAnnotations;

namespace FleetPlatform.ServiceDefaults;

/// <summary>How long to wait for the database, and when the event store counts as unwell. Section <c>Storage</c>.</summary>
public sealed class StorageOptions : IValidatableObject
{
    public const string Section = "Storage";

    /// <summary>How long a start waits for PostgreSQL before it fails. Default 1 minute.</summary>
    public TimeSpan StartTimeout { get; init; } = TimeSpan.FromMinutes(1);

    /// <summary>A subscription this far behind makes the service degraded (still ready). Default 10 seconds.</summary>
    public TimeSpan DegradedLag { get; init; } = TimeSpan.FromSeconds(10);

    /// <summary>A subscription this far behind makes the service unhealthy. Default 2 minutes.</summary>
    public TimeSpan UnhealthyLag { get; init; } = TimeSpan.FromMinutes(2);

    public IEnumerable<ValidationResult> Validate(ValidationContext validationContext)
    {
        if (StartTimeout <= TimeSpan.Zero)
            yield return new($"{Section}:{nameof(StartTimeout)} ({StartTimeout}) must be above zero.");
        if (DegradedLag <= TimeSpan.Zero || UnhealthyLag <= DegradedLag)
            yield return new($"{Section}:{nameof(UnhealthyLag)} ({UnhealthyLag}) must be above {nameof(DegradedLag)} ({DegradedLag}), above zero.");
    }
}
