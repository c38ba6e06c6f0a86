using FleetPlatform.TemplateEngine.Budgets;
using FleetPlatform.TemplateEngine.Claims;
using FleetPlatform.TemplateEngine.Tasks;
using FleetPlatform.TemplateEngine.Templates;

namespace FleetPlatform.TemplateEngine;

/// <summary>Stored names of this service's events, for ever.</summary>
static class EventNames
{
    public const string ParametersResolved = "provisioning.parameters-resolved.v1";

    public static EventTypes All => new EventTypes()
        .Map<TemplateCreated>("template.created.v1")
        .Map<TemplateChanged>("template.changed.v1")
        .Map<TemplateHookChanged>("template.hook-changed.v1")
        .Map<TemplateReprovisioningChanged>("template.reprovisioning-changed.v1")
        .Map<TemplateVersionCreated>("template.version-created.v1")
        .Map<TemplateVersionDeleted>("template.version-deleted.v1")
        .Map<TemplateDeleted>("template.deleted.v1")
        .Map<ClaimLimited>("claim.limited.v1")
        .Map<ClaimStatusChanged>("claim.status-changed.v1")
        .Map<SerialsAllowed>("claim.serials-allowed.v1")
        .Map<AbuseSuspected>("claim.abuse-suspected.v1")
        .Map<TaskStarted>("bulk.started.v1")
        .Map<TaskAdvanced>("bulk.advanced.v1")
        .Map<TaskStopOrdered>("bulk.stop-ordered.v1")
        .Map<TaskEnded>("bulk.ended.v1")
        .Map<TokenPresented>("provisioning.token-presented.v1")
        .Map<HookCalled>("provisioning.hook-called.v1")
        .Map<ParametersResolved>("provisioning.parameters-resolved.v1")
        .Map<ProvisioningCompleted>("provisioning.completed.v1")
        .Map<ProvisioningRefused>("provisioning.refused.v1");
}
