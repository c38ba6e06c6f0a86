namespace FleetPlatform.TemplateEngine.Tasks;

/// <summary>A bulk registration, from its order to its end. Stream <c>bulk-{taskId}</c>.</summary>
abstract record TaskEvent;

/// <param name="Lines">Lines of the input, as it was then.</param>
/// <param name="Upload">Which of the uploads under its name; null of tasks that had a copy of their lines.</param>
sealed record TaskStarted(
    string TemplateBody, string InputFileBucket, string InputFileKey, string? RoleArn, int Lines, string RequestedBy, DateTimeOffset At, Guid? Upload = null) : TaskEvent
{
    /// <summary>Where the lines are. A copy is kept under the task's own id.</summary>
    public Guid UploadOf(string taskId) => Upload ?? Guid.ParseExact(taskId, "N");
}

/// <summary>A page of lines was dealt with; each line's outcome is in <c>fleet_registration_lines</c>.</summary>
/// <param name="Through">The last of them.</param>
sealed record TaskAdvanced(int Through, int Succeeded, int Failed, DateTimeOffset At) : TaskEvent;

sealed record TaskStopOrdered(string RequestedBy, DateTimeOffset At) : TaskEvent;

/// <param name="Cancelled">False: every line was dealt with.</param>
sealed record TaskEnded(bool Cancelled, DateTimeOffset At) : TaskEvent;
