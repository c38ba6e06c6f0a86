using System.Diagnostics;
using FleetPlatform.Contracts.TemplateEngine;

namespace FleetPlatform.TemplateEngine.Tasks;

/// <summary>How far a bulk registration is.</summary>
/// <param name="Through">The last line that is dealt with.</param>
sealed record RegistrationTask(
    TaskStarted? Started, int Through, int Succeeded, int Failed, bool StopOrdered, TaskEnded? Ended, DateTimeOffset LastModifiedAt) : IAggregate<RegistrationTask, TaskEvent>
{
    public static RegistrationTask Initial { get; } = new(null, 0, 0, 0, false, null, default);

    public bool IsOpen => Started is not null && Ended is null;

    public static bool IsId(string taskId) => ServiceDefaults.FlowIds.IsBatch(taskId);

    public static StreamId StreamOf(string taskId) => StreamId.Of("bulk", taskId);

    public static Refusal Missing(string taskId) => new(Reasons.NotFound.Code, $"There is no registration task {Language.Quoted.Of(taskId)}.");

    public RegistrationTask Evolve(TaskEvent @event) => @event switch
    {
        TaskStarted e => this with { Started = e, LastModifiedAt = e.At },
        TaskAdvanced e => this with { Through = e.Through, Succeeded = Succeeded + e.Succeeded, Failed = Failed + e.Failed, LastModifiedAt = e.At },
        TaskStopOrdered e => this with { StopOrdered = true, LastModifiedAt = e.At },
        TaskEnded e => this with { Ended = e, LastModifiedAt = e.At },
        _ => throw new UnreachableException($"No fold for {@event.GetType().Name}."),
    };

    public RegistrationTaskDescription Describe(string taskId) => new()
    {
        TaskId = taskId,
        Status = (Ended, StopOrdered) switch
        {
            ({ Cancelled: true }, _) => RegistrationTaskStatus.Cancelled,
            ({ }, _) => RegistrationTaskStatus.Completed,
            (null, true) => RegistrationTaskStatus.Cancelling,
            _ => RegistrationTaskStatus.InProgress,
        },
        TemplateBody = Started!.TemplateBody,
        InputFileBucket = Started.InputFileBucket,
        InputFileKey = Started.InputFileKey,
        RoleArn = Started.RoleArn,
        CreatedAt = Started.At,
        LastModifiedAt = LastModifiedAt,
        Lines = Started.Lines,
        Succeeded = Succeeded,
        Failed = Failed,
    };
}
