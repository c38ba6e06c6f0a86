using MassTransit;
using Command = FleetPlatform.Contracts.TemplateEngine.DeleteTemplate;
using Wire = FleetPlatform.Contracts.TemplateEngine;

namespace FleetPlatform.TemplateEngine.Templates;

static class DeleteTemplate
{
    public static Decision<TemplateEvent> Decide(Command command, Template template, DateTimeOffset now) => template switch
    {
        { Exists: false } => Template.NotFound(command.TemplateName),
        { Versions.Count: > 1 } => new Refusal(Reasons.DeleteConflict.Code,
            $"Template \"{command.TemplateName}\" has {template.Versions.Count - 1} versions beside the default; delete them first."),
        _ => new TemplateDeleted(command.TemplateName, command.RequestedBy, now),
    };

    public static Task<Written<Template, TemplateEvent>> Handle(
        Command command, EventStore store, TimeProvider clock, CancellationToken cancellation) =>
        store.WriteTemplate(command.TemplateName, command.RequestedBy, template => Decide(command, template, clock.GetUtcNow()), cancellation);
}

sealed class DeleteTemplateConsumer(EventStore store, TimeProvider clock) : IConsumer<Command>
{
    public async Task Consume(ConsumeContext<Command> context)
    {
        var written = await DeleteTemplate.Handle(context.Message, store, clock, context.CancellationToken);
        await context.Answer(written.Refusal, () => new Wire.TemplateDeleted { TemplateName = context.Message.TemplateName });
    }
}
