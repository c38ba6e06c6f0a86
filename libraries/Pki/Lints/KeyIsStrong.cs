namespace FleetPlatform.Pki;

/// <summary>At least 112 bits of strength. The whole policy was checked when the request was read (KeyPolicy).</summary>
sealed class KeyIsStrong : ILint
{
    public string Citation => "NIST SP 800-57 part 1 §5.6.1";

    public string? Check(LintSubject subject) =>
        subject.Certificate is { KeyAlgorithm: not PublicKeyAlgorithm.Other, KeyBits: var bits, KeyAlgorithm: var algorithm }
            && (algorithm != PublicKeyAlgorithm.Rsa || bits >= KeyPolicy.MinimumRsaBits)
            ? null
            : "The key is weak or of an unknown kind.";
}
