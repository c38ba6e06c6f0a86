using MassTransit;
using Command = FleetPlatform.Contracts.TemplateEngine.DeleteTemplateVersion;
using Wire = FleetPlatform.Contracts.TemplateEngine;

namespace FleetPlatform.TemplateEngine.Templates;

static class DeleteTemplateVersion
{
    public static Decision<TemplateEvent> Decide(Command command, Template template, DateTimeOffset now)
    {
        if (!template.Exists) return Template.NotFound(command.TemplateName);
        if (!template.Versions.ContainsKey(command.VersionId)) return Template.NoVersion(command.TemplateName, command.VersionId);

        return template.DefaultVersionId == command.VersionId
            ? new Refusal(Reasons.DeleteConflict.Code, $"Version {command.VersionId} is the default; make another one the default first.")
            : new TemplateVersionDeleted(command.TemplateName, command.VersionId, command.RequestedBy, now);
    }

    public static Task<Written<Template, TemplateEvent>> Handle(
        Command command, EventStore store, TimeProvider clock, CancellationToken cancellation) =>
        store.WriteTemplate(command.TemplateName, command.RequestedBy, template => Decide(command, template, clock.GetUtcNow()), cancellation);
}

sealed class DeleteTemplateVersionConsumer(EventStore store, TimeProvider clock) : IConsumer<Command>
{
    public async Task Consume(ConsumeContext<Command> context)
    {
        var written = await DeleteTemplateVersion.Handle(context.Message, store, clock, context.CancellationToken);
        await context.Answer(written.Refusal, () => new Wire.TemplateDeleted { TemplateName = context.Message.TemplateName });
    }
}
