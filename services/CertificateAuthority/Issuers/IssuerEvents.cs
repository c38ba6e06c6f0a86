namespace FleetPlatform.CertificateAuthority.Issuers;

/// <summary>Recorded on <c>issuer-{id}</c>.</summary>
abstract record IssuerEvent;

/// <summary>An authority exists.</summary>
sealed record IssuerCreated : IssuerEvent
{
    public required string IssuerId { get; init; }

    /// <summary>Who signed it; null for a root.</summary>
    public required string? ParentId { get; init; }

    /// <summary>SHA-256 of the DER.</summary>
    public required string CertificateId { get; init; }

    /// <summary>The certificate in DER.</summary>
    public required byte[] Certificate { get; init; }

    /// <summary>Its key file, relative to the data directory.</summary>
    public required string KeyFile { get; init; }

    /// <summary>First octet of the serial numbers it gives.</summary>
    public required byte SerialPrefix { get; init; }
}
