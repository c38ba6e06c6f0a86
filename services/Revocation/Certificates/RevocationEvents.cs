using FleetPlatform.Contracts.Revocation;

namespace FleetPlatform.Revocation.Certificates;

/// <summary>What happens to the trust in one certificate; stream <c>revocation-{certificateId}</c>.</summary>
abstract record RevocationEvent;

/// <summary>The trust itself has changed: what lists, log and gateways are told.</summary>
abstract record TrustChange : RevocationEvent;

/// <summary>It is not trusted any more; with <see cref="RevocationReason.CertificateHold"/> until further notice, else for good.</summary>
/// <param name="CertificateId">SHA-256 of the DER certificate, 64 lower-case hex digits.</param>
/// <param name="RequestedBy">The operator's access key id, or the service that asked.</param>
sealed record CertificateRevoked(string CertificateId, RevocationReason Reason, DateTimeOffset RevokedAt, string RequestedBy) : TrustChange;

/// <summary>A held certificate is revoked, or one that was revoked for another reason turned out to have lost its key; it counts since <paramref name="RevokedAt"/>.</summary>
sealed record RevocationReasonRaised(
    string CertificateId, RevocationReason Reason, DateTimeOffset RevokedAt, DateTimeOffset RaisedAt, string RequestedBy) : TrustChange;

/// <summary>A hold was lifted.</summary>
sealed record CertificateReinstated(string CertificateId, DateTimeOffset ReinstatedAt, string RequestedBy) : TrustChange;

/// <summary>A change took effect somewhere: a line of the receipt.</summary>
/// <param name="By">The place, as <see cref="TrustChangeApplied.By"/> names it.</param>
/// <param name="ChangeVersion">Version of this stream at which the change stands.</param>
/// <param name="At">When, by the clock of that place.</param>
/// <param name="SessionsClosed">Live sessions closed there.</param>
sealed record ChangeTookEffect(string By, long ChangeVersion, DateTimeOffset At, int SessionsClosed) : RevocationEvent;
