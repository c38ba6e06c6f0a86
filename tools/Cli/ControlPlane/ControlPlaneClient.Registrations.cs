using System.Buffers;
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
        var body = new ArrayBufferWriter<byte>();
        using (var json = new Utf8JsonWriter(body))
        {
            json.WriteStartObject();
            foreach (var (name, value) in order)
            {
                json.WritePropertyName(name);
                value!.WriteTo(json);
            }

            json.WritePropertyName("items");
            JsonSerializer.Serialize(json, items, Json);
            json.WriteEndObject();
        }

        return JsonSerializer.Deserialize<RegisteredItems>(await Exchange(HttpMethod.Post, "/fleet/registrations", body.WrittenMemory, cancellation), Json)!.Items;
    }

    sealed record RegisteredItems(IReadOnlyList<RegisteredItem> Items);
}

/// <param name="Item">What tells it from others of its batch.</param>
sealed record ItemToRegister(string Item, IReadOnlyDictionary<string, string> Parameters, string? CertificateSigningRequest = null, string? CertificatePem = null);

/// <param name="Code">Why it was refused; null when it is registered.</param>
sealed record RegisteredItem(string Item, string? CertificateId, string? CertificatePem, string? ThingName, string? Code, string? Message)
{
    /// <summary>A refusal that passes: asking again with the same batch and item doubles nothing.</summary>
    public bool IsPassing => Code is "unavailable" or "too-many-requests" or "internal";
}
