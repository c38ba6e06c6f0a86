using FleetPlatform.ThingRegistry.Billing;
using FleetPlatform.ThingRegistry.Groups;
using FleetPlatform.ThingRegistry.Policies;
using FleetPlatform.ThingRegistry.Principals;
using FleetPlatform.ThingRegistry.Tags;
using FleetPlatform.ThingRegistry.Things;
using FleetPlatform.ThingRegistry.Types;

namespace FleetPlatform.ThingRegistry;

/// <summary>The names under which this service's events are stored. They never change; a new shape is a new version beside the old.</summary>
static class EventNames
{
    // What is looked for by name, so that it need not be read.
    public const string PrincipalProvisioned = "principal.provisioned.v1";

    public static EventTypes All { get; } = new EventTypes()
        .Map<ThingRegistered>("thing.registered.v1")
        .Map<ThingUpdated>("thing.updated.v1")
        .Map<BillingGroupChanged>("thing.billing-group-changed.v1")
        .Map<GroupJoined>("thing.group-joined.v1")
        .Map<GroupLeft>("thing.group-left.v1")
        .Map<CertificateAttached>("thing.certificate-attached.v1")
        .Map<ThingReprovisioned>("thing.reprovisioned.v1")
        .Map<CertificateDetached>("thing.certificate-detached.v1")
        .Map<ThingDeleted>("thing.deleted.v1")
        .Map<ThingTypeCreated>("type.created.v1")
        .Map<ThingTypeUpdated>("type.updated.v1")
        .Map<ThingTypeDeprecated>("type.deprecated.v1")
        .Map<ThingTypeRestored>("type.restored.v1")
        .Map<ThingTypeDeleted>("type.deleted.v1")
        .Map<ThingGroupCreated>("group.created.v1")
        .Map<ThingGroupUpdated>("group.updated.v1")
        .Map<ThingGroupDeleted>("group.deleted.v1")
        .Map<GroupPolicyAttached>("group.policy-attached.v1")
        .Map<GroupPolicyDetached>("group.policy-detached.v1")
        .Map<BillingGroupCreated>("billing.created.v1")
        .Map<BillingGroupUpdated>("billing.updated.v1")
        .Map<BillingGroupDeleted>("billing.deleted.v1")
        .Map<ResourceTagged>("tags.added.v1")
        .Map<ResourceUntagged>("tags.removed.v1")
        .Map<PolicyCreated>("policy.created.v1")
        .Map<PolicyVersionCreated>("policy.version-created.v1")
        .Map<DefaultPolicyVersionSet>("policy.default-version-set.v1")
        .Map<PolicyVersionDeleted>("policy.version-deleted.v1")
        .Map<PolicyDeleted>("policy.deleted.v1")
        .Map<PrincipalRegistered>("principal.registered.v1")
        .Map<CertificateRecorded>("principal.certificate-recorded.v1")
        .Map<PrincipalProvisioned>(PrincipalProvisioned)
        .Map<ThingAttached>("principal.thing-attached.v1")
        .Map<ThingDetached>("principal.thing-detached.v1")
        .Map<PolicyAttached>("principal.policy-attached.v1")
        .Map<PolicyDetached>("principal.policy-detached.v1")
        .Map<StatusChanged>("principal.status-changed.v1")
        .Map<PrincipalRenewed>("principal.renewed.v1")
        .Map<PrincipalRevoked>("principal.revoked.v1")
        .Map<PrincipalSuspended>("principal.suspended.v1")
        .Map<PrincipalReinstated>("principal.reinstated.v1")
        .Map<PrincipalExpired>("principal.expired.v1")
        .Map<PrincipalDeleted>("principal.deleted.v1");
}
