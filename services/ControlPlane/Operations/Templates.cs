using System.Globalization;
using FleetPlatform.Contracts.TemplateEngine;
using FleetPlatform.ControlPlane.Http;

namespace FleetPlatform.ControlPlane.Operations;

/// <summary>Provisioning templates and their versions (aws-protocol 11.10).</summary>
sealed class Templates(IAsk ask, Arn arn) : IOperations
{
    public IEnumerable<Operation> All =>
    [
        new("CreateProvisioningTemplate", "POST /provisioning-templates", Create),
        new("DescribeProvisioningTemplate", "GET /provisioning-templates/{templateName}", Describe),
        new("UpdateProvisioningTemplate", "PATCH /provisioning-templates/{templateName}", Update),
        new("DeleteProvisioningTemplate", "DELETE /provisioning-templates/{templateName}", Delete),
        new("ListProvisioningTemplates", "GET /provisioning-templates", List),
        new("CreateProvisioningTemplateVersion", "POST /provisioning-templates/{templateName}/versions", CreateVersion),
        new("DescribeProvisioningTemplateVersion", "GET /provisioning-templates/{templateName}/versions/{versionId}", DescribeVersion),
        new("DeleteProvisioningTemplateVersion", "DELETE /provisioning-templates/{templateName}/versions/{versionId}", DeleteVersion),
        new("ListProvisioningTemplateVersions", "GET /provisioning-templates/{templateName}/versions", ListVersions),
    ];

    async Task<Reply> Create(OperationRequest request, CancellationToken cancellation)
    {
        var (name, body) = (request.Text("templateName"), request.Text("templateBody"));
        var answer = await ask.CreateTagged(
            request, () => Create(name, body, request, cancellation), template => arn.Tagged(arn.ProvisioningTemplate(name), template.CreatedAt), cancellation);
        return answer.Reply(
            template => new { templateArn = arn.ProvisioningTemplate(name), templateName = name, defaultVersionId = template.DefaultVersionId },
            (name, arn.ProvisioningTemplate(name)));
    }

    async Task<Answer<TemplateDescription>> Create(string name, string body, OperationRequest request, CancellationToken cancellation)
    {
        var answer = await ask.Ask<CreateTemplate, TemplateDescription>(new()
        {
            TemplateName = name,
            Description = request.OptionalText("description"),
            TemplateBody = body,
            Enabled = request.OptionalBoolean("enabled") ?? false,
            ProvisioningRoleArn = request.OptionalText("provisioningRoleArn"),
            Type = request.OptionalText("type"),
            Hook = Hook(request),
            RequestedBy = request.Caller,
        }, cancellation);
        if (request.IsRetry && answer.Refused?.Code == Reasons.AlreadyExists.Code)
        {
            var first = await ask.Ask<DescribeTemplate, TemplateDescription>(new() { TemplateName = name }, cancellation);
            if (first.Value is { DefaultVersionId: 1 } made && made.TemplateBody == body) answer = first;
        }

        return answer;
    }

    async Task<Reply> Describe(OperationRequest request, CancellationToken cancellation) =>
        (await ask.Ask<DescribeTemplate, TemplateDescription>(new() { TemplateName = request.Path("templateName") }, cancellation)).Reply(template => new
        {
            templateArn = arn.ProvisioningTemplate(template.TemplateName),
            templateName = template.TemplateName,
            description = template.Description,
            creationDate = template.CreatedAt.Epoch(),
            lastModifiedDate = template.LastModifiedAt.Epoch(),
            defaultVersionId = template.DefaultVersionId,
            templateBody = template.TemplateBody,
            enabled = template.Enabled,
            provisioningRoleArn = template.ProvisioningRoleArn,
            preProvisioningHook = template.Hook is { } hook ? new { payloadVersion = hook.PayloadVersion, targetArn = hook.TargetArn } : null,
            type = template.Type,
        });

    async Task<Reply> Update(OperationRequest request, CancellationToken cancellation)
    {
        return (await ask.Ask<UpdateTemplate, TemplateDescription>(new()
        {
            TemplateName = request.Path("templateName"),
            Description = request.OptionalText("description"),
            Enabled = request.OptionalBoolean("enabled"),
            DefaultVersionId = request.OptionalNumber("defaultVersionId") is { } version ? Version(version) : null,
            ProvisioningRoleArn = request.OptionalText("provisioningRoleArn"),
            Hook = Hook(request),
            RemoveHook = request.OptionalBoolean("removePreProvisioningHook") ?? false,
            RequestedBy = request.Caller,
        }, cancellation)).Reply();
    }

    async Task<Reply> Delete(OperationRequest request, CancellationToken cancellation) =>
        (await ask.Ask<DeleteTemplate, TemplateDeleted>(
            new() { TemplateName = request.Path("templateName"), RequestedBy = request.Caller }, cancellation)).Reply();

    async Task<Reply> List(OperationRequest request, CancellationToken cancellation)
    {
        var page = request.TokenPage();
        return (await ask.Ask<ListTemplates, TemplatesListed>(new() { After = page.After, Limit = page.Limit }, cancellation)).Reply(listed => new
        {
            templates = listed.Items.Select(template => new
            {
                templateArn = arn.ProvisioningTemplate(template.TemplateName),
                templateName = template.TemplateName,
                description = template.Description,
                creationDate = template.CreatedAt.Epoch(),
                lastModifiedDate = template.LastModifiedAt.Epoch(),
                enabled = template.Enabled,
                type = template.Type,
            }),
            nextToken = request.Next(listed.Next),
        });
    }

    async Task<Reply> CreateVersion(OperationRequest request, CancellationToken cancellation)
    {
        var answer = await ask.Ask<CreateTemplateVersion, TemplateVersionDescription>(new()
        {
            TemplateName = request.Path("templateName"),
            TemplateBody = request.Text("templateBody"),
            SetAsDefault = request.Flag("setAsDefault"),
            RequestedBy = request.Caller,
        }, cancellation);
        return answer.Reply(version => new
        {
            templateArn = arn.ProvisioningTemplate(version.TemplateName),
            templateName = version.TemplateName,
            versionId = version.VersionId,
            isDefaultVersion = version.IsDefaultVersion,
        });
    }

    async Task<Reply> DescribeVersion(OperationRequest request, CancellationToken cancellation) =>
        (await ask.Ask<DescribeTemplateVersion, TemplateVersionDescription>(
            new() { TemplateName = request.Path("templateName"), VersionId = Version(request) }, cancellation)).Reply(version => new
            {
                versionId = version.VersionId,
                creationDate = version.CreatedAt.Epoch(),
                templateBody = version.TemplateBody,
                isDefaultVersion = version.IsDefaultVersion,
            });

    async Task<Reply> DeleteVersion(OperationRequest request, CancellationToken cancellation) =>
        (await ask.Ask<DeleteTemplateVersion, TemplateDeleted>(new()
        {
            TemplateName = request.Path("templateName"), VersionId = Version(request), RequestedBy = request.Caller,
        }, cancellation)).Reply();

    async Task<Reply> ListVersions(OperationRequest request, CancellationToken cancellation) =>
        (await ask.Ask<ListTemplateVersions, TemplateVersionsListed>(new() { TemplateName = request.Path("templateName") }, cancellation)).Reply(listed => new
        {
            versions = listed.Items.Select(version => new
            {
                versionId = version.VersionId,
                creationDate = version.CreatedAt.Epoch(),
                isDefaultVersion = version.IsDefaultVersion,
            }),
        });

    static int Version(OperationRequest request) =>
        int.TryParse(request.Path("versionId"), NumberStyles.None, CultureInfo.InvariantCulture, out var version)
            ? version
            : throw new InvalidInputException("versionId must be a whole number.");

    static int Version(long version) => version is > 0 and <= int.MaxValue ? (int)version : throw new InvalidInputException("defaultVersionId must be a whole number.");

    static TemplateHook? Hook(OperationRequest request) => request.Object("preProvisioningHook") is not { } hook ? null : new()
    {
        PayloadVersion = OperationRequest.TextOf(OperationRequest.Member(hook, "payloadVersion"), "payloadVersion") ?? "2020-04-01",
        TargetArn = OperationRequest.TextOf(OperationRequest.Member(hook, "targetArn"), "targetArn") ?? throw new InvalidInputException("targetArn is required."),
    };
}
