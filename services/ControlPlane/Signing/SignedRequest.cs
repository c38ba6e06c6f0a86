using Microsoft.AspNetCore.Http.Features;

namespace FleetPlatform.ControlPlane.Signing;

/// <summary>A request as its signer saw it: nothing decoded, nothing reordered.</summary>
/// <param name="Path">From the first slash to the question mark, as sent.</param>
/// <param name="Query">Behind the question mark, as sent; empty when there is none.</param>
/// <param name="Headers">Values by lower-case name, in the order sent.</param>
sealed record SignedRequest(string Method, string Path, string Query, ILookup<string, string> Headers)
{
    public static SignedRequest Of(HttpContext http)
    {
        var target = http.Features.GetRequiredFeature<IHttpRequestFeature>().RawTarget;
        if (target.IndexOf("://", StringComparison.Ordinal) is > 0 and < 8 and var scheme) // absolute form, as to a proxy (RFC 9112 §3.2.2)
            target = target.IndexOf('/', scheme + 3) is > 0 and var slash ? target[slash..] : "/";

        var question = target.IndexOf('?', StringComparison.Ordinal);
        var headers = http.Request.Headers.SelectMany(
            header => header.Value.Select(value => (Name: header.Key.ToLowerInvariant(), Value: value ?? "")));
        return new(http.Request.Method,
            question < 0 ? target : target[..question],
            question < 0 ? "" : target[(question + 1)..],
            headers.ToLookup(header => header.Name, header => header.Value, StringComparer.Ordinal));
    }

    public string? Header(string name) => Headers[name].FirstOrDefault();

    /// <summary>The query's parameters, decoded, in the order sent. A plus sign is a plus sign: SigV4 knows no form encoding.</summary>
    public IEnumerable<KeyValuePair<string, string>> Parameters() =>
        from pair in Query.Split('&', StringSplitOptions.RemoveEmptyEntries)
        let sign = pair.IndexOf('=', StringComparison.Ordinal)
        select sign < 0
            ? KeyValuePair.Create(Uri.UnescapeDataString(pair), "")
            : KeyValuePair.Create(Uri.UnescapeDataString(pair[..sign]), Uri.UnescapeDataString(pair[(sign + 1)..]));

    public string? Parameter(string name) => Parameters().FirstOrDefault(parameter => parameter.Key == name).Value;
}
