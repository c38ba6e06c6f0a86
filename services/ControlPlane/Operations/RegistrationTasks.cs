using FleetPlatform.Contracts.TemplateEngine;
using FleetPlatform.ControlPlane.Http;
using FleetPlatform.ControlPlane.Signing;

namespace FleetPlatform.ControlPlane.Operations;

/// <summary>
/// Bulk registration (aws-protocol 6 and 11.12). There is no S3 here: bucket and key name an input that was uploaded to
/// <c>/fleet/registration-inputs</c>, and reports are links to this door, signed for an hour.
/// </summary>
sealed class RegistrationTasks(IAsk ask, LinkSigner links) : IOperations
{
    public IEnumerable<Operation> All =>
    [
        new("StartThingRegistrationTask", "POST /thing-registration-tasks", Start),
        new("DescribeThingRegistrationTask", "GET /thing-registration-tasks/{taskId}", Describe),
        new("ListThingRegistrationTasks", "GET /thing-registration-tasks", List),
        new("ListThingRegistrationTaskReports", "GET /thing-registration-tasks/{taskId}/reports", Reports),
        new("StopThingRegistrationTask", "PUT /thing-registration-tasks/{taskId}/cancel", Stop),
    ];

    async Task<Reply> Start(OperationRequest request, CancellationToken cancellation) => (await ask.Ask<StartRegistrationTask, RegistrationTaskDescription>(new()
    {
        TaskId = Guid.CreateVersion7().ToString("N"),
        TemplateBody = request.Text("templateBody"),
        InputFileBucket = request.Text("inputFileBucket"),
        InputFileKey = request.Text("inputFileKey"),
        RoleArn = request.OptionalText("roleArn"),
        RequestedBy = request.Caller,
    }, TimeSpan.FromSeconds(20), cancellation)).Reply(task => new { taskId = task.TaskId });

    async Task<Reply> Describe(OperationRequest request, CancellationToken cancellation) => (await Find(request, cancellation)).Reply(task => new
    {
        taskId = task.TaskId,
        creationDate = task.CreatedAt.Epoch(),
        lastModifiedDate = task.LastModifiedAt.Epoch(),
        templateBody = task.TemplateBody,
        inputFileBucket = task.InputFileBucket,
        inputFileKey = task.InputFileKey,
        roleArn = task.RoleArn,
        status = task.Status.ToString(),
        successCount = task.Succeeded,
        failureCount = task.Failed,
        percentageProgress = Percentage(task),
    });

    async Task<Reply> List(OperationRequest request, CancellationToken cancellation)
    {
        RegistrationTaskStatus? status = request.Query("status") switch
        {
            null => null,
            { } word when Enum.TryParse<RegistrationTaskStatus>(word, out var known) && !char.IsAsciiDigit(word[0]) => known,
            _ => throw new InvalidInputException($"status must be one of {string.Join(", ", Enum.GetNames<RegistrationTaskStatus>())}."),
        };
        var page = request.TokenPage();
        return (await ask.Ask<ListRegistrationTasks, RegistrationTasksListed>(new() { After = page.After, Limit = page.Limit, Status = status }, cancellation))
            .Reply(listed => new { taskIds = listed.TaskIds, nextToken = request.Next(listed.Next) });
    }

    async Task<Reply> Reports(OperationRequest request, CancellationToken cancellation)
    {
        var type = request.Query("reportType") switch
        {
            "RESULTS" => "results",
            "ERRORS" => "errors",
            _ => throw new InvalidInputException("reportType must be RESULTS or ERRORS."),
        };
        return (await Find(request, cancellation)).Reply(task => new
        {
            resourceLinks = new[] { links.Sign(request, $"/fleet/registration-tasks/{task.TaskId}/{type}") },
            reportType = request.Query("reportType"),
        });
    }

    async Task<Reply> Stop(OperationRequest request, CancellationToken cancellation) =>
        (await ask.Ask<StopRegistrationTask, RegistrationTaskDescription>(new() { TaskId = request.Path("taskId"), RequestedBy = request.Caller }, cancellation)).Reply();

    Task<Answer<RegistrationTaskDescription>> Find(OperationRequest request, CancellationToken cancellation) =>
        ask.Ask<DescribeRegistrationTask, RegistrationTaskDescription>(new() { TaskId = request.Path("taskId") }, cancellation);

    // What a cancelled task left out is not progress.
    static int Percentage(RegistrationTaskDescription task) => (int)(100L * (task.Succeeded + task.Failed) / Math.Max(1, task.Lines));
}
