using FleetPlatform.ControlPlane.Http;

namespace FleetPlatform.ControlPlane.Fleet;

/// <summary><c>GET /fleet/streams/{id}?from=1</c>: a stream as recorded, whichever service owns it.</summary>
sealed class Streams(IAsk ask) : IOperations
{
    static readonly Dictionary<string, string> Owners = new(StringComparer.Ordinal)
    {
        ["issuer"] = "certificate-authority", ["certificate"] = "certificate-authority",
        ["template"] = "template-engine", ["provisioning"] = "template-engine", ["claim"] = "template-engine", ["bulk"] = "template-engine",
        ["thing"] = "thing-registry", ["principal"] = "thing-registry", ["policy"] = "thing-registry", ["group"] = "thing-registry", ["type"] = "thing-registry", ["billing"] = "thing-registry", ["tags"] = "thing-registry",
        ["session"] = "mqtt-gateway",
        ["revocation"] = "revocation", ["list"] = "revocation",
        ["rotation"] = "rotation-scheduler", ["campaign"] = "rotation-scheduler", ["renewal"] = "rotation-scheduler",
    };

    public IEnumerable<Operation> All => [new("ReadStream", "GET /fleet/streams/{streamId}", Read)];

    async Task<Reply> Read(OperationRequest request, CancellationToken cancellation)
    {
        var id = request.Path("streamId");
        var category = id[..Math.Max(0, id.IndexOf('-', StringComparison.Ordinal))];
        if (!Owners.TryGetValue(category, out var owner))
            throw new InvalidInputException($"A stream is named {{category}}-{{key}}; the categories are {string.Join(", ", Owners.Keys)}.");
        var from = request.OptionalQueryNumber("from") ?? 1;
        if (from < 1) throw new InvalidInputException("from must be 1 or more.");

        return (await ask.AskService<ReadStream, StreamRead>(owner, new() { StreamId = id, FromVersion = from }, cancellation))
            .Reply(read => new { events = Wire.Of(read.Events) });
    }
}
