using MassTransit;

namespace FleetPlatform.Contracts.CertificateAuthority;

// The platform's own authorities (docs/pki.md). Requests of the control plane. Each is answered by the record named in its summary, or by Refused.

/// <summary>Makes a key and a signing request for another issuing authority. Answered by <see cref="IssuerDescription"/>.</summary>
[MessageUrn("fleet:request-issuer:v1", useDefaultPrefix: false)]
public sealed record RequestIssuer
{
    public required string CommonName { get; init; }
    public string? Organization { get; init; }

    /// <summary>EcdsaP256, EcdsaP384, Rsa2048, Rsa3072 or Rsa4096; of a key on a token whatever that is.</summary>
    public required string KeyType { get; init; }

    /// <summary>A key that a PKCS#11 token holds already, as a URI without PIN; null: a key is made in a file.</summary>
    public string? TokenUri { get; init; }

    public required string RequestedBy { get; init; }
}

/// <summary>Installs the answer of the root to such a request. Answered by <see cref="IssuerDescription"/>.</summary>
[MessageUrn("fleet:install-issuer:v1", useDefaultPrefix: false)]
public sealed record InstallIssuer
{
    public required string IssuerId { get; init; }
    public required string CertificatePem { get; init; }

    /// <summary>Authorities above it, its signer first. A root that is trusted here already may be left out.</summary>
    public required IReadOnlyList<string> ChainPem { get; init; }

    public required string RequestedBy { get; init; }
}

/// <summary>From here on this authority signs certificates of these profiles. Answered by <see cref="IssuerDescription"/>.</summary>
[MessageUrn("fleet:assign-signing:v1", useDefaultPrefix: false)]
public sealed record AssignSigning
{
    public required string IssuerId { get; init; }

    /// <summary>Names of profiles; empty: all, but the servers' only where the root stays the same.</summary>
    public required IReadOnlyList<string> Profiles { get; init; }

    public required string RequestedBy { get; init; }
}

/// <summary>Answered by <see cref="IssuersListed"/>.</summary>
[MessageUrn("fleet:list-issuers:v1", useDefaultPrefix: false)]
public sealed record ListIssuers;

[MessageUrn("fleet:issuers-listed:v1", useDefaultPrefix: false)]
public sealed record IssuersListed
{
    public required IReadOnlyList<IssuerDescription> Items { get; init; }
}

[MessageUrn("fleet:issuer-description:v1", useDefaultPrefix: false)]
public sealed record IssuerDescription
{
    public required string IssuerId { get; init; }

    /// <summary>ROOT, REQUESTED, STANDBY or SIGNING.</summary>
    public required string State { get; init; }

    /// <summary>What it signs now.</summary>
    public required IReadOnlyList<string> Profiles { get; init; }

    /// <summary>RFC 4514 text; null while it is requested.</summary>
    public string? Subject { get; init; }

    public string? CertificateId { get; init; }
    public string? CertificatePem { get; init; }
    public required IReadOnlyList<string> ChainPem { get; init; }
    public string? SigningRequestPem { get; init; }

    /// <summary><c>file</c>, a PKCS#11 URI, or <c>offline</c>.</summary>
    public required string KeyStore { get; init; }

    public string? KeyAlgorithm { get; init; }
    public int? PathLength { get; init; }
    public DateTimeOffset? NotBefore { get; init; }
    public DateTimeOffset? NotAfter { get; init; }
}

/// <summary>Installs a root's own revocation list, which was cut where the root's key is. Answered by <see cref="RootListDescription"/>.</summary>
[MessageUrn("fleet:install-root-list:v1", useDefaultPrefix: false)]
public sealed record InstallRootList
{
    public required string ListPem { get; init; }
    public required string RequestedBy { get; init; }
}

[MessageUrn("fleet:root-list-description:v1", useDefaultPrefix: false)]
public sealed record RootListDescription
{
    /// <summary>SHA-256 of the root's certificate.</summary>
    public required string RootCertificateId { get; init; }

    public required long Number { get; init; }
    public required DateTimeOffset ThisUpdate { get; init; }
    public required DateTimeOffset NextUpdate { get; init; }

    /// <summary>Serial numbers, in lower-case hex.</summary>
    public required IReadOnlyList<string> Revoked { get; init; }
}

/// <summary>Published: an authority was installed, or another one signs. Every replica of the authority takes it over.</summary>
[MessageUrn("fleet:issuers-changed:v1", useDefaultPrefix: false)]
public sealed record IssuersChanged
{
    public required IReadOnlyList<string> IssuerIds { get; init; }
}
