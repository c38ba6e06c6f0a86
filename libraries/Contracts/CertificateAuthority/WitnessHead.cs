using MassTransit;

namespace FleetPlatform.Contracts.CertificateAuthority;

/// <summary>
/// Asks the authority to sign the end of the hash chain over a store's events. It signs only a chain that goes on from the end that it signed last, and keeps what it signed outside of
/// every database. Answered by <see cref="WitnessedHead"/> or Refused (<c>invalid-request</c>).
/// </summary>
[MessageUrn("fleet:witness-head:v1", useDefaultPrefix: false)]
public sealed record WitnessHead
{
    /// <summary>Name of the store's service.</summary>
    public required string Store { get; init; }

    /// <summary>Number of the last seal.</summary>
    public required long Seal { get; init; }

    /// <summary>Its hash, 32 octets.</summary>
    public required byte[] Hash { get; init; }

    /// <summary>The end that was signed last, from which the store has followed its chain; 0 and 32 zeros for its beginning.</summary>
    public required long FormerSeal { get; init; }

    public required byte[] FormerHash { get; init; }
}

/// <summary>Asks what the authority has signed last for a store.</summary>
[MessageUrn("fleet:find-witnessed-head:v1", useDefaultPrefix: false)]
public sealed record FindWitnessedHead
{
    /// <inheritdoc cref="WitnessHead.Store"/>
    public required string Store { get; init; }
}

/// <summary>The end of a store's chain that the authority has signed last, whatever it was asked.</summary>
[MessageUrn("fleet:witnessed-head:v1", useDefaultPrefix: false)]
public sealed record WitnessedHead
{
    /// <summary>Number of the seal; 0 when nothing was signed.</summary>
    public required long Seal { get; init; }

    /// <summary>32 octets; zeros when nothing was signed.</summary>
    public required byte[] Hash { get; init; }

    /// <summary>A signed note as for the transparency log, with the number of the seal for its size and the hash for its root; null when nothing was signed.</summary>
    public string? Note { get; init; }

    /// <summary>The key of these notes, in DER.</summary>
    public required byte[] SubjectPublicKeyInfo { get; init; }
}
