using System.Text.Json.Nodes;

namespace FleetPlatform.Cli.ControlPlane;

/// <summary>The platform's own authorities.</summary>
sealed partial class ControlPlaneClient
{
    public async Task<IReadOnlyList<JsonNode>> ListIssuers(CancellationToken cancellation) =>
        [.. (await Send(HttpMethod.Get, "/fleet/issuers", null, cancellation))["issuers"]!.AsArray().Select(issuer => issuer!)];

    /// <summary>Makes a key and a signing request for another issuing authority.</summary>
    public Task<JsonNode> RequestIssuer(string commonName, string keyType, string? tokenUri, CancellationToken cancellation) =>
        Send(HttpMethod.Post, "/fleet/issuers", new JsonObject { ["commonName"] = commonName, ["keyType"] = keyType, ["tokenUri"] = tokenUri }, cancellation);

    /// <summary>Installs the answer to such a request.</summary>
    public Task<JsonNode> InstallIssuer(string id, string certificatePem, IEnumerable<string> chainPem, CancellationToken cancellation) =>
        Send(HttpMethod.Put, $"/fleet/issuers/{Escape(id)}/certificate", new JsonObject
        {
            ["certificatePem"] = certificatePem, ["chainPem"] = new JsonArray([.. chainPem.Select(pem => JsonValue.Create(pem))]),
        }, cancellation);

    /// <summary>Publishes a root's revocation list.</summary>
    public Task<JsonNode> InstallRootList(string listPem, CancellationToken cancellation) =>
        Send(HttpMethod.Put, "/fleet/root-list", new JsonObject { ["listPem"] = listPem }, cancellation);

    /// <summary>From here on this authority signs.</summary>
    /// <param name="id">The authority.</param>
    /// <param name="profiles">What; empty: everything, but servers' certificates only where the root stays the same.</param>
    /// <param name="cancellation">Gives up waiting.</param>
    public Task<JsonNode> AssignSigning(string id, IEnumerable<string> profiles, CancellationToken cancellation) =>
        Send(HttpMethod.Put, $"/fleet/issuers/{Escape(id)}/signing",
            new JsonObject { ["profiles"] = new JsonArray([.. profiles.Select(profile => JsonValue.Create(profile))]) }, cancellation);
}
