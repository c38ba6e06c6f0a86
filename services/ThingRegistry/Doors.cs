using FleetPlatform.ThingRegistry.Billing;
using FleetPlatform.ThingRegistry.Groups;
using FleetPlatform.ThingRegistry.Policies;
using FleetPlatform.ThingRegistry.Principals;
using FleetPlatform.ThingRegistry.Provisioning;
using FleetPlatform.ThingRegistry.Tags;
using FleetPlatform.ThingRegistry.Things;
using FleetPlatform.ThingRegistry.Types;

namespace FleetPlatform.ThingRegistry;

/// <summary>Every message this service takes. Each consumer stands in the file of its verb.</summary>
static class Doors
{
    public static void Add(FleetBusBuilder bus)
    {
        bus.AddBatchConsumer<ApplyProvisioningsConsumer>();
        bus.AddBatchConsumer<FindPrincipalsConsumer>();
        bus.AddRequestConsumer<RehearseProvisioningConsumer>();
        bus.AddBatchConsumer<AdmitCertificatesConsumer>();
        bus.AddRequestConsumer<ScanKeysConsumer>(concurrency: 2);
        bus.AddEventConsumer<CertificatesIssuedConsumer>();
        bus.AddEventConsumer<TrustChangedConsumer>(concurrency: 1);
        AddThings(bus);
        AddBillingGroups(bus);
        AddTags(bus);
        AddPolicies(bus);
        AddCertificates(bus);
    }

    static void AddThings(FleetBusBuilder bus)
    {
        bus.AddRequestConsumer<CreateThingConsumer>();
        bus.AddRequestConsumer<DescribeThingConsumer>();
        bus.AddRequestConsumer<UpdateThingConsumer>();
        bus.AddRequestConsumer<DeleteThingConsumer>();
        bus.AddRequestConsumer<ListThingsConsumer>();
        bus.AddRequestConsumer<AttachThingPrincipalConsumer>();
        bus.AddRequestConsumer<DetachThingPrincipalConsumer>();
        bus.AddRequestConsumer<ListThingPrincipalsConsumer>();
        bus.AddRequestConsumer<ListPrincipalThingsConsumer>();
        bus.AddRequestConsumer<CreateThingTypeConsumer>();
        bus.AddRequestConsumer<DescribeThingTypeConsumer>();
        bus.AddRequestConsumer<ListThingTypesConsumer>();
        bus.AddRequestConsumer<UpdateThingTypeConsumer>();
        bus.AddRequestConsumer<DeprecateThingTypeConsumer>();
        bus.AddRequestConsumer<DeleteThingTypeConsumer>();
        bus.AddRequestConsumer<CreateThingGroupConsumer>();
        bus.AddRequestConsumer<UpdateThingGroupConsumer>();
        bus.AddRequestConsumer<DeleteThingGroupConsumer>();
        bus.AddRequestConsumer<DescribeThingGroupConsumer>();
        bus.AddRequestConsumer<ListThingGroupsConsumer>();
        bus.AddRequestConsumer<ListThingsInGroupConsumer>();
        bus.AddRequestConsumer<ListGroupsOfThingConsumer>();
        bus.AddRequestConsumer<ChangeGroupMembershipConsumer>();
    }

    static void AddBillingGroups(FleetBusBuilder bus)
    {
        bus.AddRequestConsumer<CreateBillingGroupConsumer>();
        bus.AddRequestConsumer<DescribeBillingGroupConsumer>();
        bus.AddRequestConsumer<UpdateBillingGroupConsumer>();
        bus.AddRequestConsumer<DeleteBillingGroupConsumer>();
        bus.AddRequestConsumer<ListBillingGroupsConsumer>();
        bus.AddRequestConsumer<ListThingsInBillingGroupConsumer>();
        bus.AddRequestConsumer<ChangeBillingGroupConsumer>();
    }

    static void AddTags(FleetBusBuilder bus)
    {
        bus.AddRequestConsumer<ExamineTagsConsumer>();
        bus.AddRequestConsumer<TagResourceConsumer>();
        bus.AddRequestConsumer<UntagResourceConsumer>();
        bus.AddRequestConsumer<ListTagsConsumer>();
    }

    static void AddPolicies(FleetBusBuilder bus)
    {
        bus.AddRequestConsumer<CreatePolicyConsumer>();
        bus.AddRequestConsumer<GetPolicyConsumer>();
        bus.AddRequestConsumer<DeletePolicyConsumer>();
        bus.AddRequestConsumer<ListPoliciesConsumer>();
        bus.AddRequestConsumer<CreatePolicyVersionConsumer>();
        bus.AddRequestConsumer<GetPolicyVersionConsumer>();
        bus.AddRequestConsumer<SetDefaultPolicyVersionConsumer>();
        bus.AddRequestConsumer<DeletePolicyVersionConsumer>();
        bus.AddRequestConsumer<ListPolicyVersionsConsumer>();
        bus.AddRequestConsumer<AttachPolicyConsumer>();
        bus.AddRequestConsumer<DetachPolicyConsumer>();
        bus.AddRequestConsumer<ListAttachedPoliciesConsumer>();
        bus.AddRequestConsumer<ListPolicyTargetsConsumer>();
    }

    static void AddCertificates(FleetBusBuilder bus)
    {
        bus.AddRequestConsumer<RegisterCertificateConsumer>();
        bus.AddRequestConsumer<DescribeCertificateConsumer>();
        bus.AddRequestConsumer<ChangeCertificateStatusConsumer>();
        bus.AddBatchConsumer<ChangeCertificateStatusesConsumer>();
        bus.AddRequestConsumer<DeleteCertificateConsumer>();
        bus.AddRequestConsumer<ListCertificatesConsumer>();
        bus.AddRequestConsumer<SelectCertificatesConsumer>();
    }
}
