using System.Security.Cryptography;
using System.Text;

namespace FleetPlatform.ControlPlane.Signing;

/// <summary>Tells whether a request was made by the operator: AWS Signature Version 4 for the service <c>iot</c>.</summary>
sealed class SignatureVerifier(ControlPlaneOptions options, Arn arn, TimeProvider clock)
{
    const string Service = "iot";

    /// <summary>Everything that can be told before the body is read.</summary>
    public (SignatureClaim? Claim, SignatureFailure? Failure) ReadClaim(SignedRequest request)
    {
        var (claim, failure) = SignatureClaim.Read(request);
        if (claim is null) return (null, failure);
        if (claim.AccessKeyId != options.AccessKeyId) return (null, SignatureFailure.UnknownKey);
        if (claim.Service != Service) return (null, SignatureFailure.Invalid($"Credential should be scoped to correct service: '{Service}'."));
        if (options.RequireRegion && claim.Region != arn.Region)
            return (null, SignatureFailure.Invalid($"Credential should be scoped to a valid region: '{arn.Region}'."));
        return (RefuseTime(claim) ?? RefuseHeaders(request, claim)) is { } refusal ? (null, refusal) : (claim, null);
    }

    /// <summary>Null when the signature is the operator's own over exactly this request.</summary>
    public SignatureFailure? Verify(SignedRequest request, SignatureClaim claim, ReadOnlySpan<byte> body)
    {
        var bodyHash = Convert.ToHexStringLower(SHA256.HashData(body));
        if (request.Header("x-amz-content-sha256") is { } stated && stated != bodyHash) return SignatureFailure.Mismatch;

        var expected = CanonicalRequest.Sign(CanonicalRequest.Write(request, claim, bodyHash), claim, options.SecretAccessKey);
        return CryptographicOperations.FixedTimeEquals(Encoding.UTF8.GetBytes(expected), Encoding.UTF8.GetBytes(claim.Signature))
            ? null
            : SignatureFailure.Mismatch;
    }

    SignatureFailure? RefuseTime(SignatureClaim claim)
    {
        var now = clock.GetUtcNow();
        if (claim.SignedAt > now + options.ClockWindow)
            return SignatureFailure.Invalid($"Signature not yet current: {claim.Timestamp} is still later than {now:yyyyMMdd'T'HHmmss'Z'}.");
        return now > claim.SignedAt + (claim.Expires ?? options.ClockWindow)
            ? SignatureFailure.Invalid($"Signature expired: {claim.Timestamp} is now earlier than {now:yyyyMMdd'T'HHmmss'Z'}.")
            : null;
    }

    // A header that means something here and is not signed could have been put there by anyone on the way.
    static SignatureFailure? RefuseHeaders(SignedRequest request, SignatureClaim claim)
    {
        if (!claim.SignedHeaders.Contains("host")) return SignatureFailure.Invalid("'Host' must be a 'SignedHeader' in the AWS Authorization.");
        var unsigned = request.Headers.Select(header => header.Key).FirstOrDefault(name =>
            name.StartsWith("x-amz", StringComparison.Ordinal) && name != "x-amzn-trace-id" && !claim.SignedHeaders.Contains(name));
        return unsigned is null ? null : SignatureFailure.Invalid($"'{unsigned}' must be a 'SignedHeader' in the AWS Authorization.");
    }
}
