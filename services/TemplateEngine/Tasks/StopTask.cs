using FleetPlatform.Contracts.TemplateEngine;
using FleetPlatform.TemplateEngine.Templates;
using MassTransit;
using Command = FleetPlatform.Contracts.TemplateEngine.StopRegistrationTask;

namespace FleetPlatform.TemplateEngine.Tasks;

/// <summary>StopThingRegistrationTask: lines that are under way are finished, no other is begun.</summary>
static class StopTask
{
    public static Decision<TaskEvent> Decide(Command command, RegistrationTask task, DateTimeOffset now) => task switch
    {
        { Started: null } => RegistrationTask.Missing(command.TaskId),
        { Ended: not null } => new Refusal(Reasons.InvalidRequest.Code, "The task has ended already."),
        { StopOrdered: true } => Decision<TaskEvent>.Nothing,
        _ => new TaskStopOrdered(command.RequestedBy, now),
    };
}

sealed class StopRegistrationTaskConsumer(EventStore store, RunTasks runner, TimeProvider clock) : IConsumer<Command>
{
    public async Task Consume(ConsumeContext<Command> context)
    {
        var command = context.Message;
        if (!RegistrationTask.IsId(command.TaskId))
        {
            await context.Answer(RegistrationTask.Missing(command.TaskId), () => default(RegistrationTaskDescription)!);
            return;
        }

        var written = await store.WriteToAggregate<RegistrationTask, TaskEvent>(RegistrationTask.StreamOf(command.TaskId),
            task => StopTask.Decide(command, task, clock.GetUtcNow()), new() { Actor = command.RequestedBy, CorrelationId = command.TaskId }, context.CancellationToken);
        runner.Wake();
        await context.Answer(written.Refusal, () => written.State.Describe(command.TaskId));
    }
}

sealed class DescribeRegistrationTaskConsumer(EventStore store) : IConsumer<DescribeRegistrationTask>
{
    public async Task Consume(ConsumeContext<DescribeRegistrationTask> context)
    {
        var id = context.Message.TaskId;
        var task = RegistrationTask.IsId(id)
            ? await store.AggregateStreamAsync<RegistrationTask, TaskEvent>(RegistrationTask.StreamOf(id), context.CancellationToken)
            : RegistrationTask.Initial;
        await context.Answer(task.Started is null ? RegistrationTask.Missing(id) : null, () => task.Describe(id));
    }
}
