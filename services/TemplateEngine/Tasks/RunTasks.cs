using FleetPlatform.Events.Subscriptions;
using FleetPlatform.ServiceDefaults;

namespace FleetPlatform.TemplateEngine.Tasks;

/// <summary>
/// Carries out bulk registrations, one at a time as on AWS, oldest first. What is open is read from the database, so a task that a crash interrupted goes on
/// wherever a replica runs; an advisory lock lets one replica work at it.
/// </summary>
sealed class RunTasks(RegisterLines lines, EventStore store, TemplateEngineOptions options, TimeProvider clock, ILogger<RunTasks> log) : WorkLoop(clock)
{
    readonly TimeProvider _clock = clock;

    protected override TimeSpan Pause => options.RegistrationPoll;

    protected override async Task Look(CancellationToken stopping)
    {
        await RunOpen(stopping);
        var before = _clock.GetUtcNow() - options.RegistrationRetention;
        await TasksTable.Forget(before, store.DataSource, stopping);
        await InputsTable.Forget(before, store.DataSource, stopping);
    }

    protected override void Postpone(Exception failure) => Log.TasksPostponed(log, failure.Message, Failures.IsTransient(failure) ? null : failure);

    async Task RunOpen(CancellationToken stopping)
    {
        await using var leadership = await Leadership.TryTake(store.DataSource, "fleet.registration-tasks", stopping);
        if (leadership is null) return;
        while (await TasksTable.FindOpen(store.DataSource, stopping) is { } taskId)
        {
            await lines.Handle(taskId, stopping);
            await TasksTable.CountResults(store.DataSource, stopping);
            Log.TaskEnded(log, taskId);
        }
    }
}
