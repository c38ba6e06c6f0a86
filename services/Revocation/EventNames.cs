using FleetPlatform.Events;
using FleetPlatform.Revocation.Certificates;
using FleetPlatform.Revocation.Lists;
using FleetPlatform.Revocation.Orders;

namespace FleetPlatform.Revocation;

/// <summary>The stored names of this service's events. Never changed; a new shape gets a new name.</summary>
static class EventNames
{
    public static EventTypes All { get; } = new EventTypes()
        .Map<CertificateRevoked>("revocation.recorded.v1")
        .Map<RevocationReasonRaised>("revocation.reason-raised.v1")
        .Map<CertificateReinstated>("revocation.reinstated.v1")
        .Map<ChangeTookEffect>("revocation.took-effect.v1")
        .Map<OrderPlaced>("order.placed.v1")
        .Map<OrderAdvanced>("order.advanced.v1")
        .Map<OrderCompleted>("order.completed.v1")
        .Map<ListCut>("list.cut.v1");
}
