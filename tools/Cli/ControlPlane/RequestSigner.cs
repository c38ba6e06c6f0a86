using System.Globalization;
using System.Security.Cryptography;
using System.Text;

namespace FleetPlatform.Cli.ControlPlane;

/// <summary>AWS Signature Version 4 in the Authorization header, service <c>iot</c>.</summary>
sealed class RequestSigner(string accessKeyId, string secretAccessKey, string region, TimeProvider clock)
{
    const string Algorithm = "AWS4-HMAC-SHA256";

    /// <summary>Signs a request over its method, path, query, host, date, body and x-amz headers. All of these must be set already.</summary>
    public async Task Sign(HttpRequestMessage request, CancellationToken cancellation)
    {
        var now = clock.GetUtcNow().UtcDateTime;
        var timestamp = now.ToString("yyyyMMdd'T'HHmmss'Z'", CultureInfo.InvariantCulture);
        var body = request.Content is null ? [] : await request.Content.ReadAsByteArrayAsync(cancellation);
        var bodyHash = Convert.ToHexStringLower(SHA256.HashData(body));
        var uri = request.RequestUri!;
        request.Headers.Host = uri.Authority;
        request.Headers.TryAddWithoutValidation("x-amz-date", timestamp);
        request.Headers.TryAddWithoutValidation("x-amz-content-sha256", bodyHash);

        // Every header of AWS's own is signed: date, hash of the body, and what an operation adds.
        var headers = request.Headers.Where(header => header.Key.StartsWith("x-amz", StringComparison.OrdinalIgnoreCase))
            .Select(header => (Name: header.Key.ToLowerInvariant(), Value: string.Join(',', header.Value)))
            .Append((Name: "host", Value: uri.Authority)).OrderBy(header => header.Name, StringComparer.Ordinal).ToArray();
        var signedHeaders = string.Join(';', headers.Select(header => header.Name));
        var canonical = $"{request.Method}\n{CanonicalPath(uri)}\n{CanonicalQuery(uri)}\n" +
            $"{string.Concat(headers.Select(header => $"{header.Name}:{header.Value}\n"))}\n{signedHeaders}\n{bodyHash}";
        var scope = $"{timestamp[..8]}/{region}/iot/aws4_request";
        var toSign = $"{Algorithm}\n{timestamp}\n{scope}\n{Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(canonical)))}";

        var key = Encoding.UTF8.GetBytes("AWS4" + secretAccessKey);
        foreach (var part in (string[])[timestamp[..8], region, "iot", "aws4_request"])
            key = HMACSHA256.HashData(key, Encoding.UTF8.GetBytes(part));
        var signature = Convert.ToHexStringLower(HMACSHA256.HashData(key, Encoding.UTF8.GetBytes(toSign)));
        request.Headers.TryAddWithoutValidation(
            "Authorization", $"{Algorithm} Credential={accessKeyId}/{scope}, SignedHeaders={signedHeaders}, Signature={signature}");
    }

    // Every service but S3 signs the path encoded twice: once as sent, once more here.
    static string CanonicalPath(Uri uri) =>
        string.Join('/', uri.AbsolutePath.Split('/').Select(Uri.EscapeDataString));

    static string CanonicalQuery(Uri uri) => string.Join('&', uri.Query.TrimStart('?')
        .Split('&', StringSplitOptions.RemoveEmptyEntries)
        .Select(pair => pair.Contains('=', StringComparison.Ordinal) ? pair : pair + "=")
        .Order(StringComparer.Ordinal));
}
