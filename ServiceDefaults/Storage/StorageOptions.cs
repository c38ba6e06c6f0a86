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

    /// <summary>Most events in one seal of the hash chain. Default 512.</summary>
    [Range(1, 10_000)]
    public int SealEvents { get; init; } = 512;

    /// <summary>Shortest time between two seals while events keep coming. Default 1 second.</summary>
    public TimeSpan SealLinger { get; init; } = TimeSpan.FromSeconds(1);

    /// <summary>An event that is in no seal for this long makes the service degraded. Default 2 minutes.</summary>
    public TimeSpan SealLag { get; init; } = TimeSpan.FromMinutes(2);

    /// <summary>How often the end of the hash chain is signed by the authority while events come. Default 10 seconds.</summary>
    public TimeSpan WitnessPeriod { get; init; } = TimeSpan.FromSeconds(10);

    public IEnumerable<ValidationResult> Validate(ValidationContext validationContext)
    {
        if (StartTimeout <= TimeSpan.Zero)
            yield return new($"{Section}:{nameof(StartTimeout)} ({StartTimeout}) must be above zero.");
        if (DegradedLag <= TimeSpan.Zero || UnhealthyLag <= DegradedLag)
            yield return new($"{Section}:{nameof(UnhealthyLag)} ({UnhealthyLag}) must be above {nameof(DegradedLag)} ({DegradedLag}), above zero.");
        if (WitnessPeriod <= TimeSpan.Zero || WitnessPeriod > TimeSpan.FromHours(1))
            yield return new($"{Section}:{nameof(WitnessPeriod)} ({WitnessPeriod}) must be above zero and at most an hour.");
        if (SealLinger <= TimeSpan.Zero || SealLag <= SealLinger)
            yield return new($"{Section}:{nameof(SealLag)} ({SealLag}) must be above {nameof(SealLinger)} ({SealLinger}), above zero.");
    }
}
