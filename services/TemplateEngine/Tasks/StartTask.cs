using FleetPlatform.Contracts.TemplateEngine;
using FleetPlatform.ServiceDefaults;
using FleetPlatform.TemplateEngine.Language;
using FleetPlatform.TemplateEngine.Templates;
using MassTransit;
using Command = FleetPlatform.Contracts.TemplateEngine.StartRegistrationTask;

namespace FleetPlatform.TemplateEngine.Tasks;

/// <summary>StartThingRegistrationTask: takes the lines of an input as they are now; carrying it out is <see cref="RunTasks"/>'s.</summary>
static class StartTask
{
    public static Decision<TaskEvent> Decide(Command command, RegistrationInput input, RegistrationTask task, DateTimeOffset now)
    {
        var started = new TaskStarted(command.TemplateBody, command.InputFileBucket, command.InputFileKey, command.RoleArn, input.Lines, command.RequestedBy, now, input.Upload);
        if (task.Started is { } before)
            return before == started with { Lines = before.Lines, At = before.At, Upload = before.Upload } ? Decision<TaskEvent>.Nothing
                : new Refusal(Reasons.AlreadyExists.Code, "A task with this id says something else.");
        if (input.FollowsGap is { } part)
            return new Refusal(Reasons.InvalidRequest.Code, $"The input has a part {part} and none before it with number {part - 1}. Upload what is missing, then start again.");
        if (input.Lines == 0)
            return new Refusal(Reasons.InvalidRequest.Code, $"There is no input {Quoted.Of($"{command.InputFileBucket}/{command.InputFileKey}")}. Upload it first: POST /fleet/registration-inputs/{{bucket}}/{{key}}.");

        var compiled = TemplateCatalogue.Compile(new("", Enabled: true, TemplateKind.Bulk, VersionId: 1, command.TemplateBody, null, null));
        return compiled.Document switch
        {
            null => new Refusal(Reasons.InvalidRequest.Code, compiled.Problem!),
            { Certificate: null } => new Refusal(Reasons.InvalidRequest.Code, "The template has no AWS::IoT::Certificate resource; a device is registered with one."),
            _ => started,
        };
    }

    public static async Task<Written<RegistrationTask, TaskEvent>> Handle(Command command, EventStore store, TimeProvider clock, CancellationToken cancellation)
    {
        if (!RegistrationTask.IsId(command.TaskId))
            return new(new Refusal(Reasons.InvalidRequest.Code, "A task id is 32 lower-case hex digits of a version 7 UUID."), RegistrationTask.Initial, 0);
        var input = await InputsTable.Complete(command.InputFileBucket, command.InputFileKey, clock.GetUtcNow(), store.DataSource, cancellation);
        return await store.WriteToAggregate<RegistrationTask, TaskEvent>(RegistrationTask.StreamOf(command.TaskId),
            task => Decide(command, input, task, clock.GetUtcNow()), new() { Actor = command.RequestedBy, CorrelationId = command.TaskId }, cancellation);
    }
}

sealed class StartRegistrationTaskConsumer(EventStore store, RunTasks runner, TimeProvider clock) : IConsumer<Command>
{
    public async Task Consume(ConsumeContext<Command> context)
    {
        var written = await StartTask.Handle(context.Message, store, clock, context.CancellationToken);
        runner.Wake();
        await context.Answer(written.Refusal, () => written.State.Describe(context.Message.TaskId));
    }
}
