using MassTransit;

namespace FleetPlatform.Contracts.CertificateAuthority;

// What the revocation service asks of the authority, which keeps the key to itself.

/// <summary>Asks which authorities sign certificates here, and where they say that revocation can be looked up. Answered by <see cref="RevocationIssuers"/>.</summary>
[MessageUrn("fleet:list-revocation-issuers:v1", useDefaultPrefix: false)]
public sealed record ListRevocationIssuers;

[MessageUrn("fleet:revocation-issuers:v1", useDefaultPrefix: false)]
public sealed record RevocationIssuers
{
    public required IReadOnlyList<RevocationIssuer> Items { get; init; }

    /// <summary>The roots' own lists, about the authorities below them, as far as somebody has cut one.</summary>
    public IReadOnlyList<RootRevocationList> Roots { get; init; } = [];
}

public sealed record RootRevocationList
{
    /// <summary>How its URL names the root.</summary>
    public required string Name { get; init; }

    /// <summary>The signed list, in DER.</summary>
    public required byte[] List { get; init; }

    public required long Number { get; init; }
    public required DateTimeOffset ThisUpdate { get; init; }
    public required DateTimeOffset NextUpdate { get; init; }
}

public sealed record RevocationIssuer
{
    public required string IssuerId { get; init; }
    public required string CertificatePem { get; init; }

    /// <summary>The authorities above it, the root last.</summary>
    public required IReadOnlyList<string> ChainPem { get; init; }

    /// <summary>Signature algorithm of its key, dotted.</summary>
    public required string SignatureAlgorithm { get; init; }

    /// <summary>Base URL that is written into its certificates; null when none is.</summary>
    public string? RevocationUrl { get; init; }

    /// <summary>Into how many lists its certificates are divided.</summary>
    public required int Shards { get; init; }
}

/// <summary>
/// Asks for the signature over a list. The authority fetches what it is to sign piece by piece (<see cref="ReadListPart"/>), reads every octet, and
/// refuses what is not a list of that authority whose number rises. Answered by <see cref="RevocationListSigned"/> or Refused (<c>invalid-request</c>).
/// </summary>
[MessageUrn("fleet:sign-revocation-list:v1", useDefaultPrefix: false)]
public sealed record SignRevocationList
{
    public required string IssuerId { get; init; }

    /// <summary>Under which the pieces can be fetched.</summary>
    public required Guid DraftId { get; init; }

    /// <summary>How many pieces there are.</summary>
    public required int Parts { get; init; }
}

[MessageUrn("fleet:revocation-list-signed:v1", useDefaultPrefix: false)]
public sealed record RevocationListSigned
{
    public required byte[] Signature { get; init; }
}

/// <summary>The authority's question to the revocation service: one piece of a draft. Answered by <see cref="ListPart"/>.</summary>
[MessageUrn("fleet:read-list-part:v1", useDefaultPrefix: false)]
public sealed record ReadListPart
{
    public required Guid DraftId { get; init; }

    /// <summary>From 0.</summary>
    public required int Part { get; init; }
}

[MessageUrn("fleet:list-part:v1", useDefaultPrefix: false)]
public sealed record ListPart
{
    /// <summary>At most 512 KiB.</summary>
    public required byte[] Octets { get; init; }
}

/// <summary>Asks for the certificate of an OCSP responder, on a key the asker has made. Answered by <see cref="ResponderCertificateIssued"/> or Refused.</summary>
[MessageUrn("fleet:issue-responder-certificate:v1", useDefaultPrefix: false)]
public sealed record IssueResponderCertificate
{
    public required string IssuerId { get; init; }
    public required string CertificateSigningRequest { get; init; }
}

[MessageUrn("fleet:responder-certificate-issued:v1", useDefaultPrefix: false)]
public sealed record ResponderCertificateIssued
{
    public required string CertificatePem { get; init; }
}
