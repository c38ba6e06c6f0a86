using FleetPlatform.ServiceDefaults;
using FleetPlatform.TemplateEngine.Hooks;
using MassTransit;
using Command = FleetPlatform.Contracts.TemplateEngine.CreateTemplate;

namespace FleetPlatform.TemplateEngine.Templates;

static class CreateTemplate
{
    public static Decision<TemplateEvent> Decide(Command command, Template template, DateTimeOffset now, bool allowHttp = false)
    {
        var type = command.Type ?? Template.FleetProvisioning;
        if (type is not (Template.FleetProvisioning or Template.JustInTime))
            return new Refusal(Reasons.InvalidRequest.Code, $"Type is {Template.FleetProvisioning} or {Template.JustInTime}.");
        if ((TemplateRules.CheckTexts(command.Description, command.ProvisioningRoleArn)
            ?? TemplateRules.CheckBody(command.TemplateBody, Template.KindOf(type)) ?? TemplateRules.CheckHook(command.Hook, type, allowHttp)) is { } refusal) return refusal;
        if (template.Exists) return new Refusal(Reasons.AlreadyExists.Code, $"There is a template \"{command.TemplateName}\" already.");

        var created = new TemplateCreated(command.TemplateName, type, command.Description, command.ProvisioningRoleArn,
            command.Enabled, command.TemplateBody, command.RequestedBy, now);
        return command.Hook is not { } hook
            ? created
            : Decision<TemplateEvent>.Of(created, new TemplateHookChanged(command.TemplateName, hook.PayloadVersion, hook.TargetArn, command.RequestedBy, now));
    }

    public static async Task<Written<Template, TemplateEvent>> Handle(
        Command command, EventStore store, TemplateEngineOptions options, HookOptions hooks, TimeProvider clock, CancellationToken cancellation)
    {
        if (TemplateRules.CheckName(command.TemplateName) is { } refusal) return new(refusal, Template.Initial, 0);

        // Two creations at the same instant may both see the last free place: the limit protects memory, not a contract to the letter.
        if (await ListTemplates.Count(store.DataSource, cancellation) >= options.MaximumTemplates)
            return new(new Refusal(Reasons.LimitExceeded.Code, $"There are {options.MaximumTemplates} templates, the most allowed."), Template.Initial, 0);

        return await store.WriteToAggregate<Template, TemplateEvent>(Template.Stream(command.TemplateName),
            template => Decide(command, template, clock.GetUtcNow(), hooks.AllowHttp), new() { Actor = command.RequestedBy }, cancellation);
    }
}

sealed class CreateTemplateConsumer(EventStore store, TemplateEngineOptions options, HookOptions hooks, TimeProvider clock) : IConsumer<Command>
{
    public async Task Consume(ConsumeContext<Command> context)
    {
        var written = await CreateTemplate.Handle(context.Message, store, options, hooks, clock, context.CancellationToken);
        await context.Answer(written.Refusal, () => DescribeTemplate.View(context.Message.TemplateName, written.State));
    }
}
