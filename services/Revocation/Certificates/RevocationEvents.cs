using FleetPlatform.Contracts.Revocation;

namespace FleetPlatform.Revocation.Certificates;

/// <summary>What happens to the trust in one certificate; stream <c>revocation-{certificateId}</c>.</summary>
abstract record RevocationEvent;

/// <param name="CertificateId">SHA-256 of the DER certificate, 64 lower-case hex digits.</param>
/// <param name="RequestedBy">The operator's access key id, or the service that asked.</param>
sealed record CertificateRevoked(string CertificateId, RevocationReason Reason, DateTimeOffset RevokedAt, string RequestedBy) : RevocationEvent;

/// <summary>A certificate revoked for another reason turned out to have lost its key; it stays revoked since <paramref name="RevokedAt"/>.</summary>
sealed record RevocationReasonRaised(
    string CertificateId, RevocationReason Reason, DateTimeOffset RevokedAt, DateTimeOffset RaisedAt, string RequestedBy) : RevocationEvent;
