using MassTransit;

namespace FleetPlatform.Contracts.CertificateAuthority;

/// <summary>
/// Asks for the signature over the transparency log as it stands. The authority signs only what has grown out of what it signed last, which the proof shows.
/// Answered by <see cref="CheckpointSigned"/> or Refused (<c>invalid-request</c>).
/// </summary>
[MessageUrn("fleet:sign-checkpoint:v1", useDefaultPrefix: false)]
public sealed record SignCheckpoint
{
    /// <summary>Names the log.</summary>
    public required string Origin { get; init; }

    /// <summary>Entries.</summary>
    public required long Size { get; init; }

    /// <summary>Root over them, 32 octets.</summary>
    public required byte[] Root { get; init; }

    /// <summary>The size that <see cref="ConsistencyProof"/> begins at.</summary>
    public required long FormerSize { get; init; }

    /// <summary>RFC 9162 §2.1.4, at most 64 hashes.</summary>
    public required IReadOnlyList<byte[]> ConsistencyProof { get; init; }
}

[MessageUrn("fleet:checkpoint-signed:v1", useDefaultPrefix: false)]
public sealed record CheckpointSigned
{
    /// <summary>The signed note; null when the proof does not begin at <see cref="LastSize"/>: ask again with one that does.</summary>
    public string? Note { get; init; }

    /// <summary>What the authority has signed last; 0 when nothing.</summary>
    public required long LastSize { get; init; }

    /// <summary>The log's key, in DER.</summary>
    public required byte[] SubjectPublicKeyInfo { get; init; }
}
