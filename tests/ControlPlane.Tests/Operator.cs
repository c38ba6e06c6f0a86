using System.Globalization;
using System.Security.Cryptography;
using System.Text;

namespace FleetPlatform.ControlPlane;

/// <summary>Signs requests as an AWS SDK does, written apart from the service's own code so that the two check each other.</summary>
sealed class Operator(string accessKeyId = Operator.KeyId, string secret = Operator.Secret, string region = "us-east-1", string service = "iot")
{
    public const string KeyId = "AKIAFLEETTEST0000001";
    public const string Secret = "secret-0123456789-secret-0123456789-secret";

    public DateTimeOffset? At { get; init; }

    /// <summary>Headers to sign besides host and date.</summary>
    public string[] AlsoSigned { get; init; } = [];

    /// <summary>Signs in the Authorization header.</summary>
    public HttpRequestMessage Sign(HttpMethod method, string host, string pathAndQuery, string? body = null, params (string Name, string Value)[] headers)
    {
        var bytes = Encoding.UTF8.GetBytes(body ?? "");
        var timestamp = (At ?? TimeProvider.System.GetUtcNow()).ToString("yyyyMMdd'T'HHmmss'Z'", CultureInfo.InvariantCulture);
        var signed = headers.Where(header => AlsoSigned.Contains(header.Name)).Append((Name: "host", Value: host)).Append((Name: "x-amz-date", Value: timestamp))
            .OrderBy(header => header.Name, StringComparer.Ordinal).ToArray();
        var signature = Signature(method, pathAndQuery, signed, bytes, timestamp, out var scope);

        var request = new HttpRequestMessage(method, Raw(host, pathAndQuery));
        if (body is not null) request.Content = new ByteArrayContent(bytes);
        foreach (var (name, value) in headers.Append((Name: "x-amz-date", Value: timestamp))) request.Headers.TryAddWithoutValidation(name, value);
        request.Headers.TryAddWithoutValidation("Authorization",
            $"AWS4-HMAC-SHA256 Credential={accessKeyId}/{scope}, SignedHeaders={string.Join(';', signed.Select(header => header.Name))}, Signature={signature}");
        return request;
    }

    /// <summary>Signs in the query, as a link that works for a while.</summary>
    public HttpRequestMessage Presign(HttpMethod method, string host, string path, int seconds)
    {
        var timestamp = (At ?? TimeProvider.System.GetUtcNow()).ToString("yyyyMMdd'T'HHmmss'Z'", CultureInfo.InvariantCulture);
        var credential = Uri.EscapeDataString($"{accessKeyId}/{timestamp[..8]}/{region}/{service}/aws4_request");
        var query = $"X-Amz-Algorithm=AWS4-HMAC-SHA256&X-Amz-Credential={credential}&X-Amz-Date={timestamp}&X-Amz-Expires={seconds}&X-Amz-SignedHeaders=host";
        var signature = Signature(method, $"{path}?{query}", [("host", host)], [], timestamp, out _);
        return new(method, Raw(host, $"{path}?{query}&X-Amz-Signature={signature}"));
    }

    string Signature(HttpMethod method, string pathAndQuery, (string Name, string Value)[] headers, byte[] body, string timestamp, out string scope)
    {
        var (path, query) = pathAndQuery.Split('?', 2) is [var left, var right] ? (left, right) : (pathAndQuery, "");
        var canonical = $"{method}\n{path.Replace("%", "%25", StringComparison.Ordinal)}\n{string.Join('&', query.Split('&').Order(StringComparer.Ordinal))}\n"
            + string.Concat(headers.Select(header => $"{header.Name}:{header.Value}\n"))
            + $"\n{string.Join(';', headers.Select(header => header.Name))}\n{Hex(SHA256.HashData(body))}";
        scope = $"{timestamp[..8]}/{region}/{service}/aws4_request";
        var key = Encoding.UTF8.GetBytes("AWS4" + secret);
        foreach (var part in (string[])[timestamp[..8], region, service, "aws4_request"]) key = HMACSHA256.HashData(key, Encoding.UTF8.GetBytes(part));
        return Hex(HMACSHA256.HashData(key, Encoding.UTF8.GetBytes($"AWS4-HMAC-SHA256\n{timestamp}\n{scope}\n{Hex(SHA256.HashData(Encoding.UTF8.GetBytes(canonical)))}")));
    }

    // As written: without this, Uri would tidy dots and escapes away before anything is sent.
    static Uri Raw(string host, string pathAndQuery) =>
        new($"http://{host}{pathAndQuery}", new UriCreationOptions { DangerousDisablePathAndQueryCanonicalization = true });

    static string Hex(byte[] bytes) => Convert.ToHexStringLower(bytes);
}
