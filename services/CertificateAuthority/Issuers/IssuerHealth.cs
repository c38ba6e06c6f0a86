using Microsoft.Extensions.Diagnostics.HealthChecks;

namespace FleetPlatform.CertificateAuthority.Issuers;

/// <summary>Ready when every authority that signs has life left. Says so a quarter of a year ahead.</summary>
sealed class IssuerHealth(IssuerRing ring, TimeProvider clock) : IHealthCheck
{
    static readonly TimeSpan Notice = TimeSpan.FromDays(90);
    static readonly TimeSpan ListNotice = TimeSpan.FromDays(30);

    public Task<HealthCheckResult> CheckHealthAsync(HealthCheckContext context, CancellationToken cancellationToken = default)
    {
        if (!ring.IsOpen) return Task.FromResult(HealthCheckResult.Unhealthy("The issuing authority is not open."));
        var left = CertificateProfiles.All.Min(profile => ring.For(profile).Signer.Certificate.NotAfter) - clock.GetUtcNow();
        var list = ring.RootLists.Count == 0 ? TimeSpan.MaxValue : ring.RootLists.Min(each => each.NextUpdate) - clock.GetUtcNow();
        return Task.FromResult(
            left <= TimeSpan.Zero ? HealthCheckResult.Unhealthy("An issuing authority has expired.")
            : left < Notice ? HealthCheckResult.Degraded($"An issuing authority expires in {left.Days} days.")
            : list < ListNotice ? HealthCheckResult.Degraded($"A root's revocation list lapses in {list.Days} days: cut a new one (docs/pki.md).")
            : HealthCheckResult.Healthy());
    }
}
