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

    /// <summary>Its key: a file relative to the data directory, or a PKCS#11 URI. Empty: it was never here.</summary>
    public required string KeyFile { get; init; }

    /// <summary>First octet of the serial numbers it gives.</summary>
    public required byte SerialPrefix { get; init; }
}

/// <summary>A key was made for an authority, and a request that somebody else's root is to sign.</summary>
/// <param name="IssuerId">The authority to be.</param>
/// <param name="KeyFile">As in <see cref="IssuerCreated"/>.</param>
/// <param name="SubjectPublicKeyInfo">The public key, in DER.</param>
/// <param name="SigningRequest">PKCS#10 in PEM.</param>
/// <param name="SerialPrefix">First octet of the serial numbers it will give.</param>
sealed record IssuerRequested(
    string IssuerId, string KeyFile, byte[] SubjectPublicKeyInfo, string SigningRequest, byte SerialPrefix, string RequestedBy, DateTimeOffset At) : IssuerEvent;

/// <summary>The request was answered: the authority can sign.</summary>
/// <param name="CertificateId">SHA-256 of the DER.</param>
/// <param name="Certificate">Its certificate in DER.</param>
/// <param name="Chain">The authorities above it in DER, its own signer first, the root last.</param>
sealed record IssuerInstalled(string CertificateId, byte[] Certificate, IReadOnlyList<byte[]> Chain, string InstalledBy, DateTimeOffset At) : IssuerEvent;

/// <summary>Recorded on <c>rootlist-{certificateId of the root}</c>.</summary>
abstract record RootListEvent;

/// <summary>A root's list about the authorities below it is published.</summary>
/// <param name="List">Signed, in DER.</param>
/// <param name="Revoked">Serial numbers in lower-case hex.</param>
sealed record RootListInstalled(
    string RootCertificateId, byte[] List, long Number, DateTimeOffset ThisUpdate, DateTimeOffset NextUpdate, IReadOnlyList<string> Revoked, string InstalledBy, DateTimeOffset At)
    : RootListEvent;

/// <summary>Recorded on <c>signing-account</c>.</summary>
abstract record SigningEvent;

/// <summary>From here on this authority signs certificates of these profiles.</summary>
/// <param name="IssuerId">The authority.</param>
/// <param name="Profiles">Names of profiles.</param>
sealed record SigningAssigned(string IssuerId, IReadOnlyList<string> Profiles, string AssignedBy, DateTimeOffset At) : SigningEvent;
