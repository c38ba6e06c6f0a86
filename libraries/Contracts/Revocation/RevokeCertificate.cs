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

/// <summary>What is to be revoked at the same time.</summary>
[MessageUrn("fleet:revoke-certificates:v1", useDefaultPrefix: false)]
public sealed record RevokeCertificates : IBatch<RevokeCertificate>
{
    public required IReadOnlyList<RevokeCertificate> Items { get; init; }
}

[MessageUrn("fleet:revoke-certificates-answer:v1", useDefaultPrefix: false)]
public sealed record RevokeCertificatesAnswer : IBatchAnswer<RevokeCertificateAnswer>
{
    public required IReadOnlyList<RevokeCertificateAnswer> Items { get; init; }
}

public sealed record RevokeCertificateAnswer
{
    /// <summary>Null: it is on record.</summary>
    public Refused? Refused { get; init; }
}

[MessageUrn("fleet:revocation-recorded:v1", useDefaultPrefix: false)]
public sealed record RevocationRecorded
{
    public required string CertificateId { get; init; }
    public required RevocationReason Reason { get; init; }
    public required DateTimeOffset RevokedAt { get; init; }
}
