using System.Globalization;
using FleetPlatform.ControlPlane.Http;

namespace FleetPlatform.ControlPlane.Signing;

/// <summary>Links to this door that work for an hour without credentials: Signature Version 4 in the query, as S3 presigns.</summary>
sealed class LinkSigner(ControlPlaneOptions options, Arn arn, TimeProvider clock)
{
    const int LifetimeSeconds = 3600;

    // SHA-256 of no body at all.
    const string EmptyBody = "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855";

    /// <param name="request">The link goes to the host that this was sent to.</param>
    /// <param name="path">Without characters that need escaping.</param>
    public string Sign(OperationRequest request, string path)
    {
        var now = clock.GetUtcNow();
        var timestamp = now.UtcDateTime.ToString("yyyyMMdd'T'HHmmss'Z'", CultureInfo.InvariantCulture);
        var claim = new SignatureClaim(options.AccessKeyId, timestamp[..8], arn.Region, "iot", ["host"], "", now, timestamp, TimeSpan.FromSeconds(LifetimeSeconds));
        var query = $"X-Amz-Algorithm={SignatureClaim.Algorithm}&X-Amz-Credential={Uri.EscapeDataString($"{claim.AccessKeyId}/{claim.Scope}")}"
            + $"&X-Amz-Date={timestamp}&X-Amz-Expires={LifetimeSeconds}&X-Amz-SignedHeaders=host";
        var host = request.Header("host") ?? "";
        var link = new SignedRequest("GET", path, query, new[] { ("host", host) }.ToLookup(header => header.Item1, header => header.Item2, StringComparer.Ordinal));
        return $"{request.Scheme}://{host}{path}?{query}&X-Amz-Signature={CanonicalRequest.Sign(CanonicalRequest.Write(link, claim, EmptyBody), claim, options.SecretAccessKey)}";
    }
}
