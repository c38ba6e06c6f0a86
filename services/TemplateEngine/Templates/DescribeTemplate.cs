using FleetPlatform.Contracts.TemplateEngine;
using MassTransit;
using Query = FleetPlatform.Contracts.TemplateEngine.DescribeTemplate;

namespace FleetPlatform.TemplateEngine.Templates;

static class DescribeTemplate
{
    public static TemplateDescription View(string name, Template template) => new()
    {
        TemplateName = name,
        Description = template.Description,
        Type = template.Type,
        Enabled = template.Enabled,
        DefaultVersionId = template.DefaultVersionId,
        CreatedAt = template.CreatedAt,
        LastModifiedAt = template.LastModifiedAt,
        ProvisioningRoleArn = template.ProvisioningRoleArn,
        Hook = template.Hook,
        Reprovisioning = template.Reprovisioning,
        TemplateBody = template.Versions[template.DefaultVersionId].Body,
    };

    /// <summary>The template as it is now; <see cref="Template.Initial"/> for a name that none can have.</summary>
    public static Task<Template> Find(string name, EventStore store, CancellationToken cancellation) => Template.IsName(name)
        ? store.AggregateStreamAsync<Template, TemplateEvent>(Template.Stream(name), cancellation)
        : Task.FromResult(Template.Initial);
}

sealed class DescribeTemplateConsumer(EventStore store) : IConsumer<Query>
{
    public async Task Consume(ConsumeContext<Query> context)
    {
        var name = context.Message.TemplateName;
        var template = await DescribeTemplate.Find(name, store, context.CancellationToken);
        await context.Answer(template.Exists ? null : Template.NotFound(name), () => DescribeTemplate.View(name, template));
    }
}
