using FleetPlatform.CertificateAuthority.Certificates;
using FleetPlatform.Events;

namespace FleetPlatform.CertificateAuthority.Keys;

/// <summary>
/// Gives up a request that is under way and must not be finished: its claim on the key has lapsed and is another's now, or the key was blocked. Its process may be paused and not dead; the
/// stream has moved then, and what it has signed is never recorded and never handed out.
/// </summary>
sealed class GiveUpRequest(EventStore store)
{
    public static Decision<IssuanceEvent> Decide(Issuance request, string reason) =>
        request.Closed ? Decision<IssuanceEvent>.Nothing : new CertificateAbandoned { Reason = reason };

    public Task Handle(string flowId, string reason, CancellationToken cancellation) => store.WriteToAggregate<Issuance, IssuanceEvent>(
        Issuance.StreamOf(flowId), request => Decide(request, reason), new() { Actor = "certificate-authority", CorrelationId = flowId }, cancellation);
}
