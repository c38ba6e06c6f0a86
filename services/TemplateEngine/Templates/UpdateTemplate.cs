using FleetPlatform.ServiceDefaults;
using FleetPlatform.TemplateEngine.Hooks;
using MassTransit;
using Command = FleetPlatform.Contracts.TemplateEngine.UpdateTemplate;

namespace FleetPlatform.TemplateEngine.Templates;

static class UpdateTemplate
{
    public static Decision<TemplateEvent> Decide(Command command, Template template, DateTimeOffset now, bool allowHttp = false)
    {
        if (!template.Exists) return Template.NotFound(command.TemplateName);
        if (TemplateRules.CheckTexts(command.Description, command.ProvisioningRoleArn) is { } refusal) return refusal;
        if (command.DefaultVersionId is { } version && !template.Versions.ContainsKey(version))
            return Template.NoVersion(command.TemplateName, version);

        if (command is { Hook: not null, RemoveHook: true })
            return new Refusal(Reasons.InvalidRequest.Code, "preProvisioningHook and removePreProvisioningHook exclude each other.");
        if (TemplateRules.CheckHook(command.Hook, template.Type, allowHttp) is { } badHook) return badHook;

        var change = new TemplateChanged(command.TemplateName,
            Changed(command.Description, template.Description),
            Changed(command.ProvisioningRoleArn, template.ProvisioningRoleArn),
            command.Enabled == template.Enabled ? null : command.Enabled,
            command.DefaultVersionId == template.DefaultVersionId ? null : command.DefaultVersionId,
            command.RequestedBy, now);
        var events = new List<TemplateEvent>();
        if (change is not { Description: null, ProvisioningRoleArn: null, Enabled: null, DefaultVersionId: null }) events.Add(change);
        var hook = command.RemoveHook ? null : command.Hook ?? template.Hook;
        if (hook != template.Hook) events.Add(new TemplateHookChanged(command.TemplateName, hook?.PayloadVersion, hook?.TargetArn, command.RequestedBy, now));
        if (command.Reprovisioning is { } reprovisioning && reprovisioning != template.Reprovisioning)
            events.Add(new TemplateReprovisioningChanged(command.TemplateName, reprovisioning, command.RequestedBy, now));
        return Decision<TemplateEvent>.Of(events);
    }

    static string? Changed(string? wanted, string? current) => wanted == current ? null : wanted;

    public static Task<Written<Template, TemplateEvent>> Handle(
        Command command, EventStore store, HookOptions hooks, TimeProvider clock, CancellationToken cancellation) =>
        store.WriteTemplate(command.TemplateName, command.RequestedBy, template => Decide(command, template, clock.GetUtcNow(), hooks.AllowHttp), cancellation);
}

sealed class UpdateTemplateConsumer(EventStore store, HookOptions hooks, TimeProvider clock) : IConsumer<Command>
{
    public async Task Consume(ConsumeContext<Command> context)
    {
        var written = await UpdateTemplate.Handle(context.Message, store, hooks, clock, context.CancellationToken);
        await context.Answer(written.Refusal, () => DescribeTemplate.View(context.Message.TemplateName, written.State));
    }
}
