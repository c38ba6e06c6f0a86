using FleetPlatform.Contracts.TemplateEngine;
using MassTransit;
using Query = FleetPlatform.Contracts.TemplateEngine.DescribeTemplateVersion;

namespace FleetPlatform.TemplateEngine.Templates;

static class DescribeTemplateVersion
{
    public static TemplateVersionDescription View(string name, Template template, int version) => new()
    {
        TemplateName = name,
        VersionId = version,
        IsDefaultVersion = template.DefaultVersionId == version,
        CreatedAt = template.Versions[version].CreatedAt,
        TemplateBody = template.Versions[version].Body,
    };
}

sealed class DescribeTemplateVersionConsumer(EventStore store) : IConsumer<Query>
{
    public async Task Consume(ConsumeContext<Query> context)
    {
        var (name, version) = (context.Message.TemplateName, context.Message.VersionId);
        var template = await DescribeTemplate.Find(name, store, context.CancellationToken);
        var refusal = !template.Exists ? Template.NotFound(name)
            : !template.Versions.ContainsKey(version) ? Template.NoVersion(name, version)
            : null;
        await context.Answer(refusal, () => DescribeTemplateVersion.View(name, template, version));
    }
}
