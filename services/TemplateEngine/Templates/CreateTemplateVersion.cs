using MassTransit;
using Command = FleetPlatform.Contracts.TemplateEngine.CreateTemplateVersion;

namespace FleetPlatform.TemplateEngine.Templates;

static class CreateTemplateVersion
{
    public static Decision<TemplateEvent> Decide(Command command, Template template, DateTimeOffset now)
    {
        if (!template.Exists) return Template.NotFound(command.TemplateName);
        if (TemplateRules.CheckBody(command.TemplateBody, Template.KindOf(template.Type)) is { } refusal) return refusal;

        return template.Versions.Count >= Template.MaximumVersions
            ? new Refusal(Reasons.VersionsLimitExceeded.Code, $"Template \"{command.TemplateName}\" has {Template.MaximumVersions} versions, the most allowed.")
            : new TemplateVersionCreated(command.TemplateName, template.LastVersionId + 1, command.TemplateBody, command.SetAsDefault,
                command.RequestedBy, now);
    }

    public static Task<Written<Template, TemplateEvent>> Handle(
        Command command, EventStore store, TimeProvider clock, CancellationToken cancellation) =>
        store.WriteTemplate(command.TemplateName, command.RequestedBy, template => Decide(command, template, clock.GetUtcNow()), cancellation);
}

sealed class CreateTemplateVersionConsumer(EventStore store, TimeProvider clock) : IConsumer<Command>
{
    public async Task Consume(ConsumeContext<Command> context)
    {
        var written = await CreateTemplateVersion.Handle(context.Message, store, clock, context.CancellationToken);
        await context.Answer(written.Refusal,
            () => DescribeTemplateVersion.View(context.Message.TemplateName, written.State, written.State.LastVersionId));
    }
}
