namespace FleetPlatform.Pki;

/// <summary>An authority's private key, wherever it lives. Safe for concurrent use.</summary>
public interface IIssuerKey : IDisposable
{
    /// <summary>Its public half in DER.</summary>
    ReadOnlyMemory<byte> SubjectPublicKeyInfo { get; }

    /// <summary>The algorithm of its signatures, dotted.</summary>
    string SignatureAlgorithm { get; }

    /// <summary>Signs.</summary>
    /// <param name="toBeSigned">The octets to sign, not their hash.</param>
    /// <returns>The signature as it stands in a certificate (RFC 3279 §2.2).</returns>
    byte[] Sign(ReadOnlySpan<byte> toBeSigned);

    /// <summary>Signs what was hashed piece by piece: a revocation list need not fit into memory.</summary>
    /// <param name="hash">By the hash algorithm of <see cref="SignatureAlgorithm"/>.</param>
    /// <returns>As <see cref="Sign"/>.</returns>
    byte[] SignHash(ReadOnlySpan<byte> hash);
}
