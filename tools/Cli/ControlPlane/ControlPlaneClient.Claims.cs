using System.Text.Json.Nodes;
using FleetPlatform.Contracts.TemplateEngine;

namespace FleetPlatform.Cli.ControlPlane;

/// <summary>Claim certificates: what they may still register.</summary>
sealed partial class ControlPlaneClient
{
    public async Task<ClaimDescription> DescribeClaim(string claimId, CancellationToken cancellation) =>
        Read<ClaimDescription>(await Send(HttpMethod.Get, $"/fleet/claims/{Escape(claimId)}", null, cancellation));

    public async Task<ClaimDescription> UpdateClaim(string claimId, JsonObject change, CancellationToken cancellation) =>
        Read<ClaimDescription>(await Send(HttpMethod.Patch, $"/fleet/claims/{Escape(claimId)}", change, cancellation));

    public async Task<ClaimDescription> AllowSerials(string claimId, IEnumerable<string> serials, CancellationToken cancellation) =>
        Read<ClaimDescription>(await Send(HttpMethod.Post, $"/fleet/claims/{Escape(claimId)}/serials",
            new JsonObject { ["serials"] = new JsonArray([.. serials.Select(serial => JsonValue.Create(serial))]) }, cancellation));

    /// <summary>Every claim that devices came with, all pages.</summary>
    /// <param name="suspected">True: only those with signals of abuse.</param>
    /// <param name="cancellation">Gives up waiting.</param>
    public async Task<IReadOnlyList<ClaimSummary>> ListClaims(bool suspected, CancellationToken cancellation)
    {
        var claims = new List<ClaimSummary>();
        await foreach (var claim in All($"/fleet/claims?suspected={(suspected ? "true" : "false")}", "claims", cancellation)) claims.Add(Read<ClaimSummary>(claim));
        return claims;
    }

    /// <summary>Everything that the claim registered, all pages.</summary>
    public async Task<IReadOnlyList<string>> ListClaimCertificates(string claimId, CancellationToken cancellation)
    {
        var ids = new List<string>();
        for (string? token = null; ;)
        {
            var page = await Send(HttpMethod.Get, $"/fleet/claims/{Escape(claimId)}/certificates{(token is null ? "" : $"?nextToken={Escape(token)}")}", null, cancellation);
            ids.AddRange(page["certificateIds"]!.AsArray().Select(id => id!.GetValue<string>()));
            token = page["nextToken"]?.GetValue<string>();
            if (token is null) return ids;
        }
    }

    /// <summary>CreateProvisioningClaim: a trusted user's claim, good for five minutes.</summary>
    public async Task<CreatedCertificate> CreateProvisioningClaim(string template, CancellationToken cancellation)
    {
        var answer = await Send(HttpMethod.Post, $"/provisioning-templates/{Escape(template)}/provisioning-claim", null, cancellation);
        var id = answer["certificateId"]!.GetValue<string>();
        return new(id, Arns.Of($"cert/{id}"), answer["certificatePem"]!.GetValue<string>(), answer["keyPair"]!["PrivateKey"]!.GetValue<string>());
    }
}
