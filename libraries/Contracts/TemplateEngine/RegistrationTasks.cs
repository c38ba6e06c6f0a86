using MassTransit;

namespace FleetPlatform.Contracts.TemplateEngine;

// Bulk registration (aws-protocol 6). Each request is answered by the record named in its summary, or by Refused.

/// <summary>A part of an input file; the first, number 0, begins one of that name anew. None is taken once a task was started with it. Answered by <see cref="RegistrationInputDescription"/>.</summary>
[MessageUrn("fleet:put-registration-input:v1", useDefaultPrefix: false)]
public sealed record PutRegistrationInput
{
    public required string Bucket { get; init; }
    public required string Key { get; init; }

    /// <summary>0, 1, 2, …</summary>
    public required int Part { get; init; }

    /// <summary>Whole lines: a JSON object of parameters each.</summary>
    public required IReadOnlyList<string> Lines { get; init; }
}

[MessageUrn("fleet:registration-input-description:v1", useDefaultPrefix: false)]
public sealed record RegistrationInputDescription
{
    public required int Parts { get; init; }
    public required int Lines { get; init; }
}

/// <summary>StartThingRegistrationTask. Idempotent by task. Answered by <see cref="RegistrationTaskDescription"/>.</summary>
[MessageUrn("fleet:start-registration-task:v1", useDefaultPrefix: false)]
public sealed record StartRegistrationTask
{
    /// <summary>32 lower-case hex digits of a version 7 UUID.</summary>
    public required string TaskId { get; init; }

    public required string TemplateBody { get; init; }
    public required string InputFileBucket { get; init; }
    public required string InputFileKey { get; init; }
    public string? RoleArn { get; init; }
    public required string RequestedBy { get; init; }
}

/// <summary>Answered by <see cref="RegistrationTaskDescription"/>.</summary>
[MessageUrn("fleet:describe-registration-task:v1", useDefaultPrefix: false)]
public sealed record DescribeRegistrationTask
{
    public required string TaskId { get; init; }
}

/// <summary>Lines that are not begun are left out. Answered by <see cref="RegistrationTaskDescription"/>.</summary>
[MessageUrn("fleet:stop-registration-task:v1", useDefaultPrefix: false)]
public sealed record StopRegistrationTask
{
    public required string TaskId { get; init; }
    public required string RequestedBy { get; init; }
}

public enum RegistrationTaskStatus
{
    InProgress = 0,
    Completed = 1,
    Cancelling = 2,
    Cancelled = 3,
}

[MessageUrn("fleet:registration-task-description:v1", useDefaultPrefix: false)]
public sealed record RegistrationTaskDescription
{
    public required string TaskId { get; init; }
    public required RegistrationTaskStatus Status { get; init; }
    public required string TemplateBody { get; init; }
    public required string InputFileBucket { get; init; }
    public required string InputFileKey { get; init; }
    public string? RoleArn { get; init; }
    public required DateTimeOffset CreatedAt { get; init; }
    public required DateTimeOffset LastModifiedAt { get; init; }
    public required int Lines { get; init; }
    public required int Succeeded { get; init; }
    public required int Failed { get; init; }
}

/// <summary>Tasks, newest first. Answered by <see cref="RegistrationTasksListed"/>.</summary>
[MessageUrn("fleet:list-registration-tasks:v1", useDefaultPrefix: false)]
public sealed record ListRegistrationTasks
{
    /// <summary>The Next of the page before; null for the first.</summary>
    public string? After { get; init; }

    /// <summary>1 to 250.</summary>
    public required int Limit { get; init; }

    /// <summary>Null for all.</summary>
    public RegistrationTaskStatus? Status { get; init; }
}

[MessageUrn("fleet:registration-tasks-listed:v1", useDefaultPrefix: false)]
public sealed record RegistrationTasksListed
{
    public required IReadOnlyList<string> TaskIds { get; init; }
    public string? Next { get; init; }
}

/// <summary>What became of a task's lines, in their order. Answered by <see cref="RegistrationResultsRead"/>.</summary>
[MessageUrn("fleet:read-registration-results:v1", useDefaultPrefix: false)]
public sealed record ReadRegistrationResults
{
    public required string TaskId { get; init; }

    /// <summary>True: lines that failed; false: those that did not.</summary>
    public required bool Failed { get; init; }

    /// <summary>Lines with higher numbers.</summary>
    public required int AfterLine { get; init; }
}

[MessageUrn("fleet:registration-results-read:v1", useDefaultPrefix: false)]
public sealed record RegistrationResultsRead
{
    /// <summary>Empty when there are no more.</summary>
    public required IReadOnlyList<RegistrationResult> Items { get; init; }
}

public sealed record RegistrationResult
{
    /// <summary>Of the input, from 1.</summary>
    public required int Line { get; init; }

    public required RegisterThingAnswer Answer { get; init; }
}
