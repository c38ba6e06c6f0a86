using Microsoft.Extensions.Diagnostics.HealthChecks;

namespace FleetPlatform.CertificateAuthority.Issuers;

/// <summary>Ready when the issuing authority is open and has life left. Says so a quarter of a year ahead.</summary>
sealed class IssuerHealth(IssuerRing ring, TimeProvider clock) : IHealthCheck
{
    static readonly TimeSpan Notice = TimeSpan.FromDays(90);

    public Task<HealthCheckResult> CheckHealthAsync(HealthCheckContext context, CancellationToken cancellationToken = default)
    {
        if (!ring.IsOpen) return Task.FromResult(HealthCheckResult.Unhealthy("The issuing authority is not open."));
        var left = ring.Active.Signer.Certificate.NotAfter - clock.GetUtcNow();
        return Task.FromResult(
            left <= TimeSpan.Zero ? HealthCheckResult.Unhealthy("The issuing authority has expired.")
            : left < Notice ? HealthCheckResult.Degraded($"The issuing authority expires in {left.Days} days.")
            : HealthCheckResult.Healthy());
    }
}
