using FleetPlatform.Contracts.ThingRegistry;

namespace FleetPlatform.TemplateEngine.Templates;

/// <summary>What happens to a provisioning template. Stream <c>template-{name}</c>; a name used again after deletion goes on in the same stream.</summary>
abstract record TemplateEvent;

/// <summary>Version 1 exists and is the default.</summary>
sealed record TemplateCreated(
    string Name, string Type, string? Description, string? ProvisioningRoleArn, bool Enabled, string Body, string CreatedBy, DateTimeOffset CreatedAt)
    : TemplateEvent;

/// <summary>Null members stayed as they were.</summary>
sealed record TemplateChanged(
    string Name, string? Description, string? ProvisioningRoleArn, bool? Enabled, int? DefaultVersionId, string ChangedBy, DateTimeOffset ChangedAt)
    : TemplateEvent;

/// <summary>Devices are asked about at this address from now on; null: no more.</summary>
sealed record TemplateHookChanged(string Name, string? PayloadVersion, string? Target, string ChangedBy, DateTimeOffset ChangedAt) : TemplateEvent;

/// <summary>What becomes of a device that comes again.</summary>
sealed record TemplateReprovisioningChanged(string Name, Reprovisioning Reprovisioning, string ChangedBy, DateTimeOffset ChangedAt) : TemplateEvent;

sealed record TemplateVersionCreated(string Name, int VersionId, string Body, bool IsDefault, string CreatedBy, DateTimeOffset CreatedAt)
    : TemplateEvent;

sealed record TemplateVersionDeleted(string Name, int VersionId, string DeletedBy, DateTimeOffset DeletedAt) : TemplateEvent;

sealed record TemplateDeleted(string Name, string DeletedBy, DateTimeOffset DeletedAt) : TemplateEvent;
