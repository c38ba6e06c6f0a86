using FleetPlatform.Contracts.ThingRegistry;
using MassTransit;

namespace FleetPlatform.Contracts.TemplateEngine;

// Requests of the control plane. Each is answered by the record named in its summary, or by Refused.

/// <summary>Answered by <see cref="TemplateDescription"/>.</summary>
[MessageUrn("fleet:create-template:v1", useDefaultPrefix: false)]
public sealed record CreateTemplate
{
    public required string TemplateName { get; init; }
    public string? Description { get; init; }
    public required string TemplateBody { get; init; }
    public bool Enabled { get; init; }
    public string? ProvisioningRoleArn { get; init; }

    /// <summary>FLEET_PROVISIONING or JITP; null means the former.</summary>
    public string? Type { get; init; }

    public TemplateHook? Hook { get; init; }

    public required string RequestedBy { get; init; }
}

/// <summary>Whom to ask before a device is provisioned.</summary>
public sealed record TemplateHook
{
    /// <summary>10 to 32 digits and '-'; AWS knows 2020-04-01.</summary>
    public required string PayloadVersion { get; init; }

    /// <summary>An https:// address: AWS's targetArn names a Lambda function, which we have none of.</summary>
    public required string TargetArn { get; init; }
}

/// <summary>Answered by <see cref="TemplateDescription"/>.</summary>
[MessageUrn("fleet:describe-template:v1", useDefaultPrefix: false)]
public sealed record DescribeTemplate
{
    public required string TemplateName { get; init; }
}

/// <summary>Answered by <see cref="TemplateDescription"/>. Null members stay as they are.</summary>
[MessageUrn("fleet:update-template:v1", useDefaultPrefix: false)]
public sealed record UpdateTemplate
{
    public required string TemplateName { get; init; }
    public string? Description { get; init; }
    public bool? Enabled { get; init; }
    public int? DefaultVersionId { get; init; }
    public string? ProvisioningRoleArn { get; init; }
    public TemplateHook? Hook { get; init; }

    /// <summary>True: calls no hook any more. Excludes <see cref="Hook"/>.</summary>
    public bool RemoveHook { get; init; }

    public Reprovisioning? Reprovisioning { get; init; }
    public required string RequestedBy { get; init; }
}

/// <summary>Answered by <see cref="TemplateDeleted"/>.</summary>
[MessageUrn("fleet:delete-template:v1", useDefaultPrefix: false)]
public sealed record DeleteTemplate
{
    public required string TemplateName { get; init; }
    public required string RequestedBy { get; init; }
}

[MessageUrn("fleet:template-deleted:v1", useDefaultPrefix: false)]
public sealed record TemplateDeleted
{
    public required string TemplateName { get; init; }
}

/// <summary>Answered by <see cref="TemplatesListed"/>.</summary>
[MessageUrn("fleet:list-templates:v1", useDefaultPrefix: false)]
public sealed record ListTemplates
{
    /// <summary>Names after this one, by ordinal; null from the start.</summary>
    public string? After { get; init; }

    /// <summary>1 to 250.</summary>
    public int Limit { get; init; } = 25;
}

[MessageUrn("fleet:templates-listed:v1", useDefaultPrefix: false)]
public sealed record TemplatesListed
{
    public required IReadOnlyList<TemplateDescription> Items { get; init; }

    /// <summary>Pass as After for the next page; null on the last.</summary>
    public string? Next { get; init; }
}

[MessageUrn("fleet:template-description:v1", useDefaultPrefix: false)]
public sealed record TemplateDescription
{
    public required string TemplateName { get; init; }
    public string? Description { get; init; }
    public required string Type { get; init; }
    public required bool Enabled { get; init; }
    public required int DefaultVersionId { get; init; }
    public required DateTimeOffset CreatedAt { get; init; }
    public required DateTimeOffset LastModifiedAt { get; init; }
    public string? ProvisioningRoleArn { get; init; }
    public TemplateHook? Hook { get; init; }
    public Reprovisioning Reprovisioning { get; init; }

    /// <summary>Body of the default version; empty in listings.</summary>
    public required string TemplateBody { get; init; }
}

/// <summary>Answered by <see cref="TemplateVersionDescription"/>.</summary>
[MessageUrn("fleet:create-template-version:v1", useDefaultPrefix: false)]
public sealed record CreateTemplateVersion
{
    public required string TemplateName { get; init; }
    public required string TemplateBody { get; init; }
    public bool SetAsDefault { get; init; }
    public required string RequestedBy { get; init; }
}

/// <summary>Answered by <see cref="TemplateVersionDescription"/>.</summary>
[MessageUrn("fleet:describe-template-version:v1", useDefaultPrefix: false)]
public sealed record DescribeTemplateVersion
{
    public required string TemplateName { get; init; }
    public required int VersionId { get; init; }
}

/// <summary>Answered by <see cref="TemplateDeleted"/>.</summary>
[MessageUrn("fleet:delete-template-version:v1", useDefaultPrefix: false)]
public sealed record DeleteTemplateVersion
{
    public required string TemplateName { get; init; }
    public required int VersionId { get; init; }
    public required string RequestedBy { get; init; }
}

/// <summary>Answered by <see cref="TemplateVersionsListed"/>: at most five, so one page.</summary>
[MessageUrn("fleet:list-template-versions:v1", useDefaultPrefix: false)]
public sealed record ListTemplateVersions
{
    public required string TemplateName { get; init; }
}

[MessageUrn("fleet:template-versions-listed:v1", useDefaultPrefix: false)]
public sealed record TemplateVersionsListed
{
    public required IReadOnlyList<TemplateVersionDescription> Items { get; init; }
}

[MessageUrn("fleet:template-version-description:v1", useDefaultPrefix: false)]
public sealed record TemplateVersionDescription
{
    public required string TemplateName { get; init; }
    public required int VersionId { get; init; }
    public required bool IsDefaultVersion { get; init; }
    public required DateTimeOffset CreatedAt { get; init; }

    /// <summary>Empty in listings.</summary>
    public required string TemplateBody { get; init; }
}
