using FleetPlatform.Contracts.ThingRegistry;
using FleetPlatform.ControlPlane.Http;

namespace FleetPlatform.ControlPlane.Fleet;

/// <summary>The keys of registered certificates, looked at again: no part of AWS's API.</summary>
sealed class Keys(IAsk ask) : IOperations
{
    static readonly TimeSpan Patience = TimeSpan.FromSeconds(20); // 250 certificates, each with its certificates of the same key

    public IEnumerable<Operation> All => [new("ScanKeys", "GET /fleet/keys/scan", Scan)];

    async Task<Reply> Scan(OperationRequest request, CancellationToken cancellation) =>
        (await ask.Ask<ScanKeys, KeysScanned>(new() { After = request.Query("after") }, Patience, cancellation)).Reply(page => new
        {
            scanned = page.Scanned,
            findings = page.Findings.Select(finding => new
            {
                certificateId = finding.CertificateId, code = finding.Code, detail = finding.Detail, thingNames = finding.ThingNames,
            }),
            next = page.Next,
        });
}
