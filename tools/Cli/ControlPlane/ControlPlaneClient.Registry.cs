using System.Runtime.CompilerServices;
using System.Text.Json.Nodes;

namespace FleetPlatform.Cli.ControlPlane;

/// <summary>Listings of AWS's operations and of the platform's own, whole.</summary>
sealed partial class ControlPlaneClient
{
    /// <summary>Every item, page by page.</summary>
    /// <param name="path">With its query, if any.</param>
    /// <param name="member">The member of the answer that has the items.</param>
    /// <param name="cancellation">Gives up waiting.</param>
    /// <param name="marker">True for the operations that page by marker: policies and certificates.</param>
    public async IAsyncEnumerable<JsonNode> All(
        string path, string member, [EnumeratorCancellation] CancellationToken cancellation, bool marker = false)
    {
        var (size, after, next) = marker ? ("pageSize", "marker", "nextMarker") : ("maxResults", "nextToken", "nextToken");
        path = $"{path}{(path.Contains('?', StringComparison.Ordinal) ? '&' : '?')}{size}=250";
        for (string? token = null; ;)
        {
            var page = await Send(HttpMethod.Get, token is null ? path : $"{path}&{after}={Escape(token)}", null, cancellation);
            foreach (var item in page[member]!.AsArray()) yield return item!;
            token = page[next]?.GetValue<string>();
            if (token is null) yield break;
        }
    }
}
