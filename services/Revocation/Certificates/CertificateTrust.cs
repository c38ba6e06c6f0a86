using System.Diagnostics;
using FleetPlatform.Contracts.Revocation;
using FleetPlatform.Events;

namespace FleetPlatform.Revocation.Certificates;

/// <summary>What a revocation decision needs to know about one certificate.</summary>
/// <param name="Reason">Why it is not trusted; null while it is.</param>
/// <param name="RevokedAt">Since when; the first revocation's time stays.</param>
sealed record CertificateTrust(RevocationReason? Reason, DateTimeOffset? RevokedAt) : IAggregate<CertificateTrust, RevocationEvent>
{
    public static CertificateTrust Initial { get; } = new(null, null);

    public static StreamId StreamOf(string certificateId) => StreamId.Of("revocation", certificateId);

    public CertificateTrust Evolve(RevocationEvent @event) => @event switch
    {
        CertificateRevoked e => new(e.Reason, e.RevokedAt),
        RevocationReasonRaised e => this with { Reason = e.Reason },
        _ => throw new UnreachableException($"No fold for {@event.GetType().Name}."),
    };
}
