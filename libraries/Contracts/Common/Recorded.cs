using MassTransit;

namespace FleetPlatform.Contracts;

/// <summary>Asks the service that owns a stream for its events. Every service answers on <c>queue:{service}-read-stream</c>.</summary>
[MessageUrn("fleet:read-stream:v1", useDefaultPrefix: false)]
public sealed record ReadStream
{
    public required string StreamId { get; init; }

    /// <summary>First version wanted, from 1. At most 1,000 events come back.</summary>
    public long FromVersion { get; init; } = 1;
}

[MessageUrn("fleet:stream-read:v1", useDefaultPrefix: false)]
public sealed record StreamRead
{
    public required IReadOnlyList<RecordedEventView> Events { get; init; }
}

/// <summary>An event as recorded: what <c>fleet events</c> prints.</summary>
public sealed record RecordedEventView
{
    public required string StreamId { get; init; }
    public required long Version { get; init; }
    public required string Type { get; init; }
    public required DateTimeOffset Timestamp { get; init; }

    /// <summary>The event's body, as JSON text.</summary>
    public required string Data { get; init; }

    public Guid Id { get; init; }
    public string? CorrelationId { get; init; }
    public string? CausationId { get; init; }
    public string? Actor { get; init; }
    public string? TraceId { get; init; }
}

/// <summary>
/// Asks a service for every step of provisioning flows it knows about these subjects (flow id, session id, certificate id, thing
/// name, client id, or a parameter value such as a serial number). Each service answers on <c>queue:{service}-find-flow-steps</c>.
/// </summary>
[MessageUrn("fleet:find-flow-steps:v1", useDefaultPrefix: false)]
public sealed record FindFlowSteps
{
    /// <summary>1 to 64 subjects, compared by ordinal.</summary>
    public required IReadOnlyList<string> Subjects { get; init; }
}

[MessageUrn("fleet:flow-steps-found:v1", useDefaultPrefix: false)]
public sealed record FlowStepsFound
{
    /// <summary>At most 500 steps, oldest first.</summary>
    public required IReadOnlyList<FlowStep> Steps { get; init; }
}

/// <summary>One step in the life of a device: what <c>fleet why</c> prints.</summary>
public sealed record FlowStep
{
    public required string Service { get; init; }

    /// <summary>A sentence fragment, for example "certificate issued".</summary>
    public required string Step { get; init; }

    public required DateTimeOffset At { get; init; }
    public double? DurationMilliseconds { get; init; }

    /// <summary>Null when the step went well, otherwise a code of <see cref="Reasons"/>.</summary>
    public string? ReasonCode { get; init; }

    public string? Detail { get; init; }

    /// <summary>True: the certificate was ended here because it is not needed any more. What others record of its end is then no failure.</summary>
    public bool EndsCertificate { get; init; }

    public string? FlowId { get; init; }
    public string? SessionId { get; init; }
    public string? CertificateId { get; init; }
    public string? ThingName { get; init; }
    public string? ClientId { get; init; }
    public string? TemplateName { get; init; }
    public required string StreamId { get; init; }
    public string? TraceId { get; init; }
}
