using FleetPlatform.Contracts.TemplateEngine;
using MassTransit;
using Query = FleetPlatform.Contracts.TemplateEngine.ListTemplateVersions;

namespace FleetPlatform.TemplateEngine.Templates;

static class ListTemplateVersions
{
    public static TemplateVersionsListed View(string name, Template template) => new()
    {
        Items = [.. template.Versions.Keys.Select(version => DescribeTemplateVersion.View(name, template, version) with { TemplateBody = "" })],
    };
}

sealed class ListTemplateVersionsConsumer(EventStore store) : IConsumer<Query>
{
    public async Task Consume(ConsumeContext<Query> context)
    {
        var name = context.Message.TemplateName;
        var template = await DescribeTemplate.Find(name, store, context.CancellationToken);
        await context.Answer(template.Exists ? null : Template.NotFound(name), () => ListTemplateVersions.View(name, template));
    }
}
