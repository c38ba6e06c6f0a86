using MassTransit;

namespace FleetPlatform.Contracts.RotationScheduler;

/// <summary>
/// A device has connected with a certificate that has expired: may it use it to renew? Asked by gateways, which let it do nothing else.
/// Answered by <see cref="RenewalGrace"/>, or by <see cref="Refused"/> with <c>certificate-expired</c>.
/// </summary>
[MessageUrn("fleet:find-renewal-grace:v1", useDefaultPrefix: false)]
public sealed record FindRenewalGrace
{
    public required string CertificateId { get; init; }
}

/// <summary>It may, for a while.</summary>
[MessageUrn("fleet:renewal-grace:v1", useDefaultPrefix: false)]
public sealed record RenewalGrace
{
    /// <summary>The end of the certificate's validity, and the days that the policy adds.</summary>
    public required DateTimeOffset Until { get; init; }

    /// <summary>Of the policy that says so.</summary>
    public required string Scope { get; init; }
}
