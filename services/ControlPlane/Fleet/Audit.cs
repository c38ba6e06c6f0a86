using FleetPlatform.Contracts.CertificateAuthority;
using FleetPlatform.ControlPlane.Http;

namespace FleetPlatform.ControlPlane.Fleet;

/// <summary>The hash chains over the stores' events: <c>GET /fleet/audit</c>, <c>/fleet/audit/{store}</c>, <c>/fleet/audit/{store}/verification</c>, <c>/fleet/audit/{store}/witness</c>.</summary>
sealed class Audit(IAsk ask) : IOperations
{
    static readonly string[] Stores = ["certificate-authority", "mqtt-gateway", "revocation", "rotation-scheduler", "template-engine", "thing-registry"];

    public IEnumerable<Operation> All =>
    [
        new("ListStores", "GET /fleet/audit", (_, _) => Task.FromResult(Reply.Of(new { stores = Stores }))),
        new("FindChainEnd", "GET /fleet/audit/{store}", FindEnd),
        new("FindWitnessedHead", "GET /fleet/audit/{store}/witness", FindWitnessed),
        new("VerifyEvents", "GET /fleet/audit/{store}/verification", Verify),
    ];

    async Task<Reply> FindEnd(OperationRequest request, CancellationToken cancellation) =>
        (await ask.AskService<FindChainEnd, ChainEnd>(Store(request), new(), cancellation)).Reply(end => Wire.Of(end));

    async Task<Reply> FindWitnessed(OperationRequest request, CancellationToken cancellation) =>
        (await ask.Ask<FindWitnessedHead, WitnessedHead>(new() { Store = Store(request) }, cancellation)).Reply(head => Wire.Of(head));

    async Task<Reply> Verify(OperationRequest request, CancellationToken cancellation)
    {
        var stretch = new VerifyEvents
        {
            AfterSeal = request.OptionalQueryNumber("afterSeal") ?? 0,
            AfterSequence = request.OptionalQueryNumber("afterSequence") ?? 0,
            AfterHash = request.Query("afterHash"),
            UntilSeal = request.OptionalQueryNumber("untilSeal"),
        };
        return (await ask.AskService<VerifyEvents, EventsVerified>(Store(request), stretch, cancellation)).Reply(verified => Wire.Of(verified));
    }

    static string Store(OperationRequest request) =>
        request.Path("store") is var store && Stores.Contains(store, StringComparer.Ordinal) ? store : throw new InvalidInputException($"The stores are {string.Join(", ", Stores)}.");
}
