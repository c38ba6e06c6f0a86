using System.ComponentModel.DataAnnotations;

namespace FleetPlatform.ServiceDefaults;

/// <summary>How long to wait and how often to try on the bus. Section <c>Messaging</c>.</summary>
public sealed class MessagingOptions : IValidatableObject
{
    public const string Section = "Messaging";

    /// <summary>How long an ask waits for its answer; also how long RabbitMQ keeps the request. Default 5 seconds.</summary>
    public TimeSpan RequestTimeout { get; init; } = TimeSpan.FromSeconds(5);

    /// <summary>How long a start waits for RabbitMQ before it fails. Default 1 minute.</summary>
    public TimeSpan StartTimeout { get; init; } = TimeSpan.FromMinutes(1);

    /// <summary>How long a started service may go through its requests ahead of the first one before it says that it is ready. Default 10 seconds; zero for not at all.</summary>
    public TimeSpan WarmUpTimeout { get; init; } = TimeSpan.FromSeconds(10);

    /// <summary>How long a stop waits for messages in progress. Default 10 seconds.</summary>
    public TimeSpan StopTimeout { get; init; } = TimeSpan.FromSeconds(10);

    /// <summary>Tries of an event after the first, when the failure is transient. Then it goes to the error queue. Default 10.</summary>
    [Range(0, 20)]
    public int EventRetries { get; init; } = 10;

    /// <summary>Shortest and longest pause between two tries; the ten of the default span about two and a half minutes.</summary>
    public TimeSpan EventRetryMinimum { get; init; } = TimeSpan.FromMilliseconds(200);

    /// <inheritdoc cref="EventRetryMinimum"/>
    public TimeSpan EventRetryMaximum { get; init; } = TimeSpan.FromSeconds(30);

    /// <summary>How long a per-instance queue outlives its process: what is published meanwhile reaches a process that lost its connection. Default 10 minutes.</summary>
    public TimeSpan InstanceQueueExpiry { get; init; } = TimeSpan.FromMinutes(10);

    /// <summary>Items of one batched request. Default 64, which is the contract's limit.</summary>
    [Range(1, 64)]
    public int BatchItems { get; init; } = 64;

    /// <summary>Batched requests under way at once for one kind of item. Default 4.</summary>
    [Range(1, 64)]
    public int BatchesInFlight { get; init; } = 4;

    /// <summary>Shortest time between two batched requests for one kind of item, while fewer than <see cref="BatchItems"/> wait. The first item after a rest of twice as long is sent at once. Default 100 ms; zero for none.</summary>
    public TimeSpan BatchPace { get; init; } = TimeSpan.FromMilliseconds(100);

    /// <summary>Items that may wait for a batch; one more is refused at once. Default 4,096.</summary>
    [Range(1, 1_000_000)]
    public int BatchQueue { get; init; } = 4_096;

    public IEnumerable<ValidationResult> Validate(ValidationContext validationContext)
    {
        if (RequestTimeout <= TimeSpan.Zero || RequestTimeout > TimeSpan.FromMinutes(5))
            yield return new($"{Section}:{nameof(RequestTimeout)} ({RequestTimeout}) must be above zero and at most five minutes.");
        if (BatchPace < TimeSpan.Zero || BatchPace > TimeSpan.FromSeconds(1))
            yield return new($"{Section}:{nameof(BatchPace)} ({BatchPace}) must be between zero and one second.");
        if (StartTimeout <= TimeSpan.Zero)
            yield return new($"{Section}:{nameof(StartTimeout)} ({StartTimeout}) must be above zero.");
        if (WarmUpTimeout < TimeSpan.Zero || WarmUpTimeout > TimeSpan.FromMinutes(1))
            yield return new($"{Section}:{nameof(WarmUpTimeout)} ({WarmUpTimeout}) must be between zero and one minute.");
        if (EventRetryMinimum <= TimeSpan.Zero || EventRetryMaximum < EventRetryMinimum)
            yield return new($"{Section}:{nameof(EventRetryMaximum)} ({EventRetryMaximum}) must be at least {nameof(EventRetryMinimum)} ({EventRetryMinimum}), above zero.");
        if (InstanceQueueExpiry < TimeSpan.FromSeconds(1))
            yield return new($"{Section}:{nameof(InstanceQueueExpiry)} ({InstanceQueueExpiry}) must be at least one second.");
    }
}
