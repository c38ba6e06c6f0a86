using System.Text.Json;
using FleetPlatform.Contracts.TemplateEngine;
using FleetPlatform.ServiceDefaults;
using RegisterThing = FleetPlatform.TemplateEngine.Registrations.RegisterThing;

namespace FleetPlatform.TemplateEngine.Tasks;

/// <summary>
/// Deals with the lines of a task, page by page. A line's flow is named by task and line number, so a page that a crash cut short is done again and
/// doubles nothing; its outcome is stored first, then the progress on the task's expected version.
/// </summary>
sealed class RegisterLines(EventStore store, RegisterThing register, TemplateEngineOptions options, TimeProvider clock)
{
    // While the slowest line of a page is waited for, the next page is under way.
    const int PagesAtOnce = 2;

    static readonly JsonDocumentOptions Limits = new() { MaxDepth = 4, AllowDuplicateProperties = false };

    /// <summary>Works at a task until it has ended.</summary>
    /// <exception cref="ConcurrencyException">Another replica works at it.</exception>
    public async Task Handle(string taskId, CancellationToken cancellation)
    {
        var progress = await Progress.Find(taskId, store, cancellation);
        if (!progress.Task.IsOpen) return;
        var (started, begun, isAllBegun) = (progress.Task.Started!, progress.Task.Through, false);
        var underWay = new Queue<Task<RegistrationResult[]>>();
        using var ending = CancellationTokenSource.CreateLinkedTokenSource(cancellation);
        try
        {
            while (true)
            {
                while (!isAllBegun && !progress.Task.StopOrdered && underWay.Count < PagesAtOnce)
                {
                    var lines = await InputsTable.ReadLines(started.UploadOf(taskId), begun, options.RegistrationPage, store.DataSource, cancellation);
                    (begun, isAllBegun) = (begun + lines.Count, lines.Count < options.RegistrationPage);
                    if (isAllBegun && begun != started.Lines)
                        throw new InvalidDataException($"Task {taskId} was started with {started.Lines} lines, and {begun} are there. Cancel it and start another.");
                    if (lines.Count > 0) underWay.Enqueue(Register(taskId, started, lines, ending.Token));
                }

                if (!underWay.TryDequeue(out var page)) break;
                var results = await page;
                await TasksTable.StoreResults(taskId, results, store.DataSource, cancellation);
                var failed = results.Count(result => result.Answer.Refused is not null);
                progress = await progress.Record(new TaskAdvanced(results[^1].Line, results.Length - failed, failed, clock.GetUtcNow()), cancellation);
            }

            await progress.Record(new TaskEnded(Cancelled: progress.Task.StopOrdered, clock.GetUtcNow()), cancellation);
        }
        finally
        {
            await ending.CancelAsync();
            await Task.WhenAll(underWay.Cast<Task>()).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        }
    }

    Task<RegistrationResult[]> Register(string taskId, TaskStarted task, IReadOnlyList<(int Number, string Text)> lines, CancellationToken cancellation) =>
        Task.WhenAll(lines.Select(line => Task.Run(() => Register(taskId, task, line.Number, line.Text, cancellation), cancellation)));

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

    /// <summary>A task as it stands, and at which version of its stream.</summary>
    sealed record Progress(string TaskId, RegistrationTask Task, long Version, EventStore Store)
    {
        public static async Task<Progress> Find(string taskId, EventStore store, CancellationToken cancellation)
        {
            var fetched = await store.OpenSession(new() { Actor = "template-engine" }).FetchForWriting<RegistrationTask, TaskEvent>(RegistrationTask.StreamOf(taskId), cancellation);
            return new(taskId, fetched.Aggregate, fetched.Version, store);
        }

        // Beside the one who works at a task only its stop is recorded: then it is at another version, and no further.
        public async Task<Progress> Record(TaskEvent recorded, CancellationToken cancellation)
        {
            try
            {
                return await Append(recorded, cancellation);
            }
            catch (ConcurrencyException)
            {
                var now = await Find(TaskId, Store, cancellation);
                if (now.Task.Through != Task.Through || !now.Task.IsOpen || now.Version == Version) throw;
                return await now.Append(recorded is TaskEnded ended ? ended with { Cancelled = now.Task.StopOrdered } : recorded, cancellation);
            }
        }

        async Task<Progress> Append(TaskEvent recorded, CancellationToken cancellation)
        {
            var session = Store.OpenSession(new() { Actor = "template-engine", CorrelationId = TaskId });
            session.Append(RegistrationTask.StreamOf(TaskId), Version, recorded);
            await session.SaveChangesAsync(cancellation);
            return this with { Task = Task.Evolve(recorded), Version = Version + 1 };
        }
    }
}
