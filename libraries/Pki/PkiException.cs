namespace FleetPlatform.Pki;

/// <summary>Input from outside was refused: a request, certificate or token that is malformed, too large or too weak.</summary>
/// <param name="code">A reason code of <see cref="PkiFailures"/>.</param>
/// <param name="message">What was wrong, in a sentence a person can act on. Holds no secret and none of the input's text.</param>
public sealed class PkiException(string code, string message) : Exception(message)
{
    /// <summary>A reason code of <see cref="PkiFailures"/>.</summary>
    public string Code { get; } = code;
}

/// <summary>Reason codes this library gives; each is documented in FleetPlatform.Contracts.Reasons.</summary>
public static class PkiFailures
{
    public const string InvalidCsr = "invalid-csr";
    public const string CsrTooLarge = "csr-too-large";
    public const string WeakKey = "weak-key";
    public const string CertificateInvalid = "certificate-invalid";
    public const string TokenMissing = "token-missing";
    public const string TokenMalformed = "token-malformed";
    public const string TokenExpired = "token-expired";
}
