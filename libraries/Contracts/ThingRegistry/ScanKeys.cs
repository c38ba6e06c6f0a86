using MassTransit;

namespace FleetPlatform.Contracts.ThingRegistry;

/// <summary>Looks at the keys of registered certificates again, a page at a time. Answered by <see cref="KeysScanned"/> or Refused.</summary>
[MessageUrn("fleet:scan-keys:v1", useDefaultPrefix: false)]
public sealed record ScanKeys
{
    /// <summary>Where the page before ended; null: from the beginning.</summary>
    public string? After { get; init; }

    /// <summary>1 to 250.</summary>
    public int Limit { get; init; } = 250;
}

[MessageUrn("fleet:keys-scanned:v1", useDefaultPrefix: false)]
public sealed record KeysScanned
{
    /// <summary>Certificates looked at in this page.</summary>
    public required int Scanned { get; init; }

    public required IReadOnlyList<KeyFinding> Findings { get; init; }

    /// <summary>Where the next page begins; null: this was the last.</summary>
    public string? Next { get; init; }
}

public sealed record KeyFinding
{
    public required string CertificateId { get; init; }

    /// <summary><c>weak-key</c>, <c>key-compromised</c> or <c>key-shared</c>.</summary>
    public required string Code { get; init; }

    public required string Detail { get; init; }
    public required IReadOnlyList<string> ThingNames { get; init; }
}
