using FleetPlatform.Events;
using FleetPlatform.Revocation.Certificates;

namespace FleetPlatform.Revocation;

/// <summary>The stored names of this service's events. Never changed; a new shape gets a new name.</summary>
static class EventNames
{
    public static EventTypes All { get; } = new EventTypes()
        .Map<CertificateRevoked>("revocation.recorded.v1")
        .Map<RevocationReasonRaised>("revocation.reason-raised.v1");
}
