using FleetPlatform.TemplateEngine.Claims;
using FleetPlatform.TemplateEngine.Templates;

namespace FleetPlatform.TemplateEngine;

/// <summary>Stored names of this service's events, for ever.</summary>
static class EventNames
{
    public static EventTypes All => new EventTypes()
        .Map<TemplateCreated>("template.created.v1")
        .Map<TemplateChanged>("template.changed.v1")
        .Map<TemplateVersionCreated>("template.version-created.v1")
        .Map<TemplateVersionDeleted>("template.version-deleted.v1")
        .Map<TemplateDeleted>("template.deleted.v1")
        .Map<TokenPresented>("provisioning.token-presented.v1")
        .Map<ParametersResolved>("provisioning.parameters-resolved.v1")
        .Map<ProvisioningCompleted>("provisioning.completed.v1")
        .Map<ProvisioningRefused>("provisioning.refused.v1");
}
