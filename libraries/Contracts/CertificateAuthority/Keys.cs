using MassTransit;

namespace FleetPlatform.Contracts.CertificateAuthority;

/// <summary>Asks whether devices may have these keys, whoever has signed their certificates. Answered by <see cref="KeysExamined"/>.</summary>
[MessageUrn("fleet:examine-keys:v1", useDefaultPrefix: false)]
public sealed record ExamineKeys
{
    /// <summary>Public keys in DER, at most 250.</summary>
    public required IReadOnlyList<byte[]> SubjectPublicKeyInfos { get; init; }

    /// <summary>
    /// For each key the certificate, not issued here, that will be registered on it if nothing is against the key: from then on it is certified for nobody else. Empty: nothing will be.
    /// </summary>
    public IReadOnlyList<string> CertificateIds { get; init; } = [];
}

[MessageUrn("fleet:keys-examined:v1", useDefaultPrefix: false)]
public sealed record KeysExamined
{
    /// <summary>One for each key, in the order asked.</summary>
    public required IReadOnlyList<ExaminedKey> Items { get; init; }
}

public sealed record ExaminedKey
{
    /// <summary><c>weak-key</c> or <c>key-compromised</c>; null when nothing is known against the key.</summary>
    public Refused? Refused { get; init; }

    /// <summary>Certificates that the platform has signed on this key; at most 8.</summary>
    public required IReadOnlyList<string> CertificateIds { get; init; }
}
