using System.Globalization;

namespace FleetPlatform.ControlPlane.Signing;

/// <summary>What a request says about its own signature (AWS Signature Version 4), in the Authorization header or in the query.</summary>
/// <param name="Expires">How long a signed URL is good for; null for the header form.</param>
sealed record SignatureClaim(
    string AccessKeyId, string Date, string Region, string Service, IReadOnlyList<string> SignedHeaders, string Signature,
    DateTimeOffset SignedAt, string Timestamp, TimeSpan? Expires)
{
    public const string Algorithm = "AWS4-HMAC-SHA256";
    const string TimestampFormat = "yyyyMMdd'T'HHmmss'Z'";
    const int MaximumExpirySeconds = 7 * 24 * 3600;

    public string Scope => $"{Date}/{Region}/{Service}/aws4_request";

    /// <summary>Reads the claim; on failure says which AWS exception it is.</summary>
    public static (SignatureClaim? Claim, SignatureFailure? Failure) Read(SignedRequest request)
    {
        if (request.Header("authorization") is { } authorization) return ReadHeader(request, authorization);
        return request.Parameter("X-Amz-Signature") is not null ? ReadQuery(request) : (null, SignatureFailure.Missing);
    }

    static (SignatureClaim?, SignatureFailure?) ReadHeader(SignedRequest request, string authorization)
    {
        if (!authorization.StartsWith(Algorithm + " ", StringComparison.Ordinal)) return (null, SignatureFailure.Incomplete("Authorization must use AWS4-HMAC-SHA256."));
        var parts = authorization[(Algorithm.Length + 1)..].Split(',', StringSplitOptions.TrimEntries)
            .Select(part => part.Split('=', 2)).Where(part => part.Length == 2)
            .GroupBy(part => part[0], StringComparer.Ordinal).ToDictionary(part => part.Key, part => part.First()[1], StringComparer.Ordinal);
        var date = request.Header("x-amz-date");
        return Assemble(parts.GetValueOrDefault("Credential"), parts.GetValueOrDefault("SignedHeaders"), parts.GetValueOrDefault("Signature"), date, null);
    }

    static (SignatureClaim?, SignatureFailure?) ReadQuery(SignedRequest request)
    {
        if (request.Parameter("X-Amz-Algorithm") != Algorithm) return (null, SignatureFailure.Incomplete("X-Amz-Algorithm must be AWS4-HMAC-SHA256."));
        return int.TryParse(request.Parameter("X-Amz-Expires"), NumberStyles.None, CultureInfo.InvariantCulture, out var seconds) && seconds is > 0 and <= MaximumExpirySeconds
            ? Assemble(request.Parameter("X-Amz-Credential"), request.Parameter("X-Amz-SignedHeaders"), request.Parameter("X-Amz-Signature"),
                request.Parameter("X-Amz-Date"), TimeSpan.FromSeconds(seconds))
            : (null, SignatureFailure.Incomplete($"X-Amz-Expires must be 1 to {MaximumExpirySeconds} seconds."));
    }

    static (SignatureClaim?, SignatureFailure?) Assemble(string? credential, string? signedHeaders, string? signature, string? timestamp, TimeSpan? expires)
    {
        if (credential?.Split('/') is not [var key, var date, var region, var service, "aws4_request"])
            return (null, SignatureFailure.Incomplete("Credential must be {access key id}/{date}/{region}/{service}/aws4_request."));
        if (string.IsNullOrEmpty(signedHeaders) || string.IsNullOrEmpty(signature))
            return (null, SignatureFailure.Incomplete("SignedHeaders and Signature are both needed."));
        if (timestamp is null || !DateTimeOffset.TryParseExact(timestamp, TimestampFormat, CultureInfo.InvariantCulture, DateTimeStyles.AssumeUniversal, out var signedAt))
            return (null, SignatureFailure.Incomplete("x-amz-date must be the time of signing, as yyyyMMddTHHmmssZ."));
        if (!timestamp.StartsWith(date, StringComparison.Ordinal) || date.Length != 8)
            return (null, SignatureFailure.Invalid("Credential's date is not the date of signing."));

        return (new(key, date, region, service, signedHeaders.Split(';'), signature, signedAt, timestamp, expires), null);
    }
}

/// <summary>Why a signature does not count. Names and status are those of AWS's front end.</summary>
sealed record SignatureFailure(string Exception, int Status, string Message)
{
    public static SignatureFailure Missing { get; } = new("MissingAuthenticationTokenException", 403, "Missing Authentication Token");

    public static SignatureFailure UnknownKey { get; } = new("UnrecognizedClientException", 403, "The security token included in the request is invalid.");

    public static SignatureFailure Mismatch { get; } = Invalid(
        "The request signature we calculated does not match the signature you provided. Check your AWS Secret Access Key and signing method.");

    public static SignatureFailure Incomplete(string message) => new("IncompleteSignatureException", 403, message);

    public static SignatureFailure Invalid(string message) => new("InvalidSignatureException", 403, message);
}
