using MassTransit;

namespace FleetPlatform.Contracts.Revocation;

/// <summary>Why a certificate is no longer trusted (RFC 5280 §5.3.1; the numbers are the standard's).</summary>
public enum RevocationReason
{
    Unspecified = 0,
    KeyCompromise = 1,
    CaCompromise = 2,
    AffiliationChanged = 3,
    Superseded = 4,
    CessationOfOperation = 5,
    CertificateHold = 6,
    PrivilegeWithdrawn = 9,
}

/// <summary>
/// Answered by <see cref="RevocationRecorded"/> or Refused. Revoking twice is one revocation; <see cref="RevocationReason.CertificateHold"/>
/// suspends, which a later order can lift.
/// </summary>
[MessageUrn("fleet:revoke-certificate:v1", useDefaultPrefix: false)]
public sealed record RevokeCertificate
{
    public required string CertificateId { get; init; }
    public required RevocationReason Reason { get; init; }
    public required string RequestedBy { get; init; }
}

[MessageUrn("fleet:revocation-recorded:v1", useDefaultPrefix: false)]
public sealed record RevocationRecorded
{
    public required string CertificateId { get; init; }
    public required RevocationReason Reason { get; init; }
    public required DateTimeOffset RevokedAt { get; init; }
}
