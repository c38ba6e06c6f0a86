using System.Text.Json;
using FleetPlatform.Contracts.TemplateEngine;
using FleetPlatform.ServiceDefaults;
using RegisterThing = FleetPlatform.TemplateEngine.Registrations.RegisterThing;

namespace FleetPlatform.TemplateEngine.Tasks;

/// <summary>
/// Deals with the next page of a task's lines. A line's flow is named by task and line number, so a page that a crash cut short is done again and
/// doubles nothing; its outcome is stored first, then the progress on the task's expected version.
/// </summary>
sealed class RegisterLines(EventStore store, RegisterThing register, TemplateEngineOptions options, TimeProvider clock)
{
    static readonly JsonDocumentOptions Limits = new() { MaxDepth = 4, AllowDuplicateProperties = false };

    /// <returns>False when the task has ended.</returns>
    public async Task<bool> NextPage(string taskId, CancellationToken cancellation)
    {
        var session = store.OpenSession(new() { Actor = "template-engine", CorrelationId = taskId });
        var stream = await session.FetchForWriting<RegistrationTask, TaskEvent>(RegistrationTask.StreamOf(taskId), cancellation);
        var task = stream.Aggregate;
        if (!task.IsOpen) return false;
        if (task.StopOrdered)
        {
            stream.Append(new TaskEnded(Cancelled: true, clock.GetUtcNow()));
            await session.SaveChangesAsync(cancellation);
            return false;
        }

        var lines = await TasksTable.ReadLines(taskId, task.Through, options.RegistrationPage, store.DataSource, cancellation);
        var answers = await Task.WhenAll(lines.Select(line => Task.Run(() => Register(taskId, task.Started!, line.Number, line.Text, cancellation), cancellation)));
        await TasksTable.StoreResults(taskId, answers, store.DataSource, cancellation);

        var failed = answers.Count(answer => answer.Answer.Refused is not null);
        if (lines.Count > 0) stream.Append(new TaskAdvanced(lines[^1].Number, answers.Length - failed, failed, clock.GetUtcNow()));
        if (lines.Count < options.RegistrationPage) stream.Append(new TaskEnded(Cancelled: false, clock.GetUtcNow()));
        await session.SaveChangesAsync(cancellation);
        return lines.Count == options.RegistrationPage;
    }

    async Task<RegistrationResult> Register(string taskId, TaskStarted task, int number, string line, CancellationToken cancellation)
    {
        if (Read(line) is not { } parameters)
            return new() { Line = number, Answer = new() { Refused = Reasons.InvalidRequest.ToRefused("The line is not a JSON object of texts, each named once.") } };

        for (var pause = TimeSpan.FromMilliseconds(200); ; pause = pause < TimeSpan.FromSeconds(10) ? pause * 2 : pause)
        {
            var answer = await register.Handle(new()
            {
                Flow = new() { FlowId = FlowIds.OfItem(taskId, $"line {number}"), SessionId = taskId, PrincipalId = task.RequestedBy, ClientId = "registration-task" },
                TemplateBody = task.TemplateBody,
                Parameters = parameters,
            }, cancellation);
            if (answer.Refused?.Code != Reasons.Unavailable.Code && answer.Refused?.Code != Reasons.TooManyRequests.Code) return new() { Line = number, Answer = answer };
            await Task.Delay(pause, clock, cancellation); // a part of the platform is away: that is no fault of the line
        }
    }

    /// <summary>Parameters of a line; null when it is something else.</summary>
    public static IReadOnlyDictionary<string, string>? Read(string line)
    {
        try
        {
            using var document = JsonDocument.Parse(line, Limits);
            return document.RootElement.ValueKind == JsonValueKind.Object && document.RootElement.EnumerateObject().All(member => member.Value.ValueKind == JsonValueKind.String)
                ? document.RootElement.EnumerateObject().ToDictionary(member => member.Name, member => member.Value.GetString()!, StringComparer.Ordinal)
                : null;
        }
        catch (JsonException)
        {
            return null;
        }
    }
}
