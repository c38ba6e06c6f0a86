using FleetPlatform.ServiceDefaults;
using MassTransit;
using Command = FleetPlatform.Contracts.TemplateEngine.UpdateTemplate;

namespace FleetPlatform.TemplateEngine.Templates;

static class UpdateTemplate
{
    public static Decision<TemplateEvent> Decide(Command command, Template template, DateTimeOffset now)
    {
        if (!template.Exists) return Template.NotFound(command.TemplateName);
        if (TemplateRules.CheckTexts(command.Description, command.ProvisioningRoleArn) is { } refusal) return refusal;
        if (command.DefaultVersionId is { } version && !template.Versions.ContainsKey(version))
            return Template.NoVersion(command.TemplateName, version);

        var change = new TemplateChanged(command.TemplateName,
            Changed(command.Description, template.Description),
            Changed(command.ProvisioningRoleArn, template.ProvisioningRoleArn),
            command.Enabled == template.Enabled ? null : command.Enabled,
            command.DefaultVersionId == template.DefaultVersionId ? null : command.DefaultVersionId,
            command.RequestedBy, now);
        return change is { Description: null, ProvisioningRoleArn: null, Enabled: null, DefaultVersionId: null }
            ? Decision<TemplateEvent>.Nothing
            : change;
    }

    static string? Changed(string? wanted, string? current) => wanted == current ? null : wanted;

    public static async Task<Written<Template, TemplateEvent>> Handle(
        Command command, EventStore store, TimeProvider clock, CancellationToken cancellation) =>
        TemplateRules.CheckName(command.TemplateName) is { } refusal
            ? new(refusal, Template.Initial, 0)
            : await store.WriteToAggregate<Template, TemplateEvent>(Template.Stream(command.TemplateName),
                template => Decide(command, template, clock.GetUtcNow()), new() { Actor = command.RequestedBy }, cancellation);
}

sealed class UpdateTemplateConsumer(EventStore store, TimeProvider clock) : IConsumer<Command>
{
    public async Task Consume(ConsumeContext<Command> context)
    {
        var written = await UpdateTemplate.Handle(context.Message, store, clock, context.CancellationToken);
        await context.Answer(written.Refusal, () => DescribeTemplate.View(context.Message.TemplateName, written.State));
    }
}
