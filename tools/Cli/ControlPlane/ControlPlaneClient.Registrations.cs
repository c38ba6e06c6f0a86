using System.Text.Json;
using System.Text.Json.Nodes;

namespace FleetPlatform.Cli.ControlPlane;

/// <summary>Registrations on the operator's word.</summary>
sealed partial class ControlPlaneClient
{
    /// <summary>Registers devices; each answer stands where its item stands.</summary>
    /// <param name="order">Batch, template and re-provisioning; this adds the items.</param>
    public async Task<IReadOnlyList<RegisteredItem>> RegisterThings(JsonObject order, IEnumerable<ItemToRegister> items, CancellationToken cancellation)
    {
        var request = order.DeepClone().AsObject();
        request["items"] = new JsonArray([.. items.Select(item => JsonSerializer.SerializeToNode(item, Json))]);
        return (await Send(HttpMethod.Post, "/fleet/registrations", request, cancellation))["items"].Deserialize<IReadOnlyList<RegisteredItem>>(Json)!;
    }
}

/// <param name="Item">What tells it from others of its batch.</param>
sealed record ItemToRegister(string Item, IReadOnlyDictionary<string, string> Parameters, string? CertificateSigningRequest = null, string? CertificatePem = null);

/// <param name="Code">Why it was refused; null when it is registered.</param>
sealed record RegisteredItem(string Item, string? CertificateId, string? CertificatePem, string? ThingName, string? Code, string? Message)
{
    /// <summary>A refusal that passes: asking again with the same batch and item doubles nothing.</summary>
    public bool IsPassing => Code is "unavailable" or "too-many-requests" or "internal";
}
