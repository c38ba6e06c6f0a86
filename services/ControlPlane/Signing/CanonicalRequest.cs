using System.Security.Cryptography;
using System.Text;

namespace FleetPlatform.ControlPlane.Signing;

/// <summary>The text that both sides sign (AWS Signature Version 4, as every service but S3 applies it).</summary>
static class CanonicalRequest
{
    /// <param name="bodyHash">SHA-256 of the body, lower-case hex.</param>
    public static string Write(SignedRequest request, SignatureClaim claim, string bodyHash)
    {
        var text = new StringBuilder();
        text.Append(request.Method).Append('\n').Append(Path(request.Path)).Append('\n').Append(Query(request)).Append('\n');
        foreach (var name in claim.SignedHeaders)
            text.Append(name).Append(':').AppendJoin(',', request.Headers[name].Select(Trim)).Append('\n');
        return text.Append('\n').AppendJoin(';', claim.SignedHeaders).Append('\n').Append(bodyHash).ToString();
    }

    /// <summary>The signature of a canonical request.</summary>
    public static string Sign(string canonical, SignatureClaim claim, string secretAccessKey)
    {
        var toSign = $"{SignatureClaim.Algorithm}\n{claim.Timestamp}\n{claim.Scope}\n{Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(canonical)))}";
        var key = Encoding.UTF8.GetBytes("AWS4" + secretAccessKey);
        foreach (var part in (string[])[claim.Date, claim.Region, claim.Service, "aws4_request"])
            key = HMACSHA256.HashData(key, Encoding.UTF8.GetBytes(part));
        return Convert.ToHexStringLower(HMACSHA256.HashData(key, Encoding.UTF8.GetBytes(toSign)));
    }

    // Encoded twice: once by the client for the wire, once more here. Dot segments and empty ones are resolved before.
    static string Path(string path)
    {
        var segments = new List<string>();
        foreach (var segment in path.Split('/'))
        {
            if (segment is "" or ".") continue;
            if (segment != "..") segments.Add(segment);
            else if (segments.Count > 0) segments.RemoveAt(segments.Count - 1);
        }

        var trailing = segments.Count > 0 && path.EndsWith('/') ? "/" : "";
        return $"/{string.Join('/', segments.Select(Encode))}{trailing}";
    }

    static string Query(SignedRequest request) => string.Join('&', request.Parameters()
        .Where(parameter => parameter.Key != "X-Amz-Signature")
        .Select(parameter => (Name: Encode(parameter.Key), Value: Encode(parameter.Value)))
        .OrderBy(parameter => parameter.Name, StringComparer.Ordinal).ThenBy(parameter => parameter.Value, StringComparer.Ordinal)
        .Select(parameter => $"{parameter.Name}={parameter.Value}"));

    // RFC 3986 unreserved characters stay, everything else is %XX in capitals: exactly what Uri.EscapeDataString does.
    static string Encode(string text) => Uri.EscapeDataString(text);

    static string Trim(string value) => string.Join(' ', value.Split(' ', StringSplitOptions.RemoveEmptyEntries));
}
