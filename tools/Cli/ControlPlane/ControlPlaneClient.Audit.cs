using System.Text.Json;
using FleetPlatform.Contracts;
using FleetPlatform.Contracts.CertificateAuthority;

namespace FleetPlatform.Cli.ControlPlane;

/// <summary>The hash chains over the stores' events.</summary>
sealed partial class ControlPlaneClient
{
    /// <summary>Names of the stores that have one.</summary>
    public async Task<IReadOnlyList<string>> ListStores(CancellationToken cancellation) =>
        (await Send(HttpMethod.Get, "/fleet/audit", null, cancellation))["stores"].Deserialize<IReadOnlyList<string>>(Json) ?? [];

    /// <summary>Where a store's chain ends.</summary>
    public Task<ChainEnd> FindChainEnd(string store, CancellationToken cancellation) =>
        Ask<ChainEnd>(HttpMethod.Get, $"/fleet/audit/{Escape(store)}", cancellation);

    /// <summary>The end of a store's chain that the authority has signed.</summary>
    public Task<WitnessedHead> FindWitnessedHead(string store, CancellationToken cancellation) =>
        Ask<WitnessedHead>(HttpMethod.Get, $"/fleet/audit/{Escape(store)}/witness", cancellation);

    /// <summary>Has a store compare the stretch behind another one, or the first, with its chain.</summary>
    /// <param name="untilSeal">Not beyond this seal.</param>
    public Task<EventsVerified> VerifyEvents(string store, EventsVerified? after, long untilSeal, CancellationToken cancellation)
    {
        var from = after is null or { Seal: 0 } ? "" : $"&afterSeal={after.Seal}&afterSequence={after.Sequence}&afterHash={after.Hash}";
        return Ask<EventsVerified>(HttpMethod.Get, $"/fleet/audit/{Escape(store)}/verification?untilSeal={untilSeal}{from}", cancellation);
    }
}
